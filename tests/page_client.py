"""A browser without script: signs in, follows links, fills forms, and reads what the pages hold."""

import html.parser
import http.client
import urllib.parse

VOID = {"area", "base", "br", "hr", "img", "input", "link", "meta"}


class Element:
    def __init__(self, name, attributes, parent):
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children = []

    def get(self, name, otherwise=None):
        return self.attributes.get(name, otherwise)

    def classes(self):
        return (self.get("class") or "").split()

    def all(self):
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.all()

    def find(self, name=None, cls=None, **attributes):
        """All elements below that are so; an attribute's _ stands for -."""
        return [element for element in self.all()
                if (name is None or element.name == name) and (cls is None or cls in element.classes())
                and all(element.get(key.replace("_", "-")) == value for key, value in attributes.items())]

    def text(self):
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class Tree(html.parser.HTMLParser):
    """Strict: what is opened is closed, and in that order."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {}, None)
        self.feed(markup)
        self.close()
        assert self.at is self.root, f"<{self.at.name}> is not closed"

    def handle_starttag(self, name, attributes):
        names = [key for key, _ in attributes]
        assert len(names) == len(set(names)), f"<{name}> has an attribute twice: {names}"
        element = Element(name, {key: value or "" for key, value in attributes}, self.at)
        self.at.children.append(element)
        if name not in VOID:
            self.at = element

    def handle_startendtag(self, name, attributes):
        self.handle_starttag(name, attributes)
        if name not in VOID:
            self.at = self.at.parent

    def handle_endtag(self, name):
        assert self.at.name == name, f"</{name}> closes <{self.at.name}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


class Page:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.tree = Tree(body).root if "html" in headers.get("Content-Type", "") else None

    def find(self, *words, **attributes):
        return self.tree.find(*words, **attributes)

    def text(self):
        return " ".join(self.find("main")[0].text().split())

    def form(self, action_ends):
        """The form whose address ends so."""
        found = [form for form in self.find("form") if (form.get("action") or "").endswith(action_ends)]
        assert len(found) == 1, [form.get("action") for form in self.find("form")]
        return found[0]


class Browser:
    """Over TCP, as a browser: a cookie, Accept, and the Origin that no-referrer pages have."""

    def __init__(self, home, sign_in=True):
        self.port = home.port()
        self.cookie = None
        if sign_in:
            url = home.cli("page").stdout.strip()
            answer = self.ask("GET", urllib.parse.urlsplit(url).path)
            assert answer.status == 303 and answer.headers["Location"] == "/"
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", **(headers or {})}
        if self.cookie:
            sent["Cookie"] = self.cookie
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Page(answer.status, dict(answer.getheaders()),
                        answer.read().decode("utf-8", errors="strict")
                        if answer.getheader("Content-Encoding") is None else "")
        finally:
            connection.close()

    def get(self, path, status=200):
        page = self.ask("GET", path)
        assert page.status == status, (path, page.status, page.text())
        return page

    def send(self, form, origin="null", action=None, **filled):
        """Sends a form with what it holds and what is filled in; None leaves a field out."""
        fields = [(field.get("name"), field.get("value") or "") for field in form.find("input")
                  if field.get("name") and field.get("type") not in ("checkbox", "radio", "search")]
        fields += [(field.get("name"), field.text()) for field in form.find("textarea")]
        for name, value in filled.items():
            name = name.replace("__", "-")
            fields = [pair for pair in fields if pair[0] != name]
            if value is not None:
                fields.append((name, value))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if origin is not None:
            headers["Origin"] = origin
        return self.ask("POST", action or form.get("action"), urllib.parse.urlencode(fields), headers)

    def submit(self, form, **filled):
        """Sends a form and follows where it leads."""
        answer = self.send(form, **filled)
        assert answer.status == 303, (answer.status, answer.body)
        return answer.headers["Location"], self.get(answer.headers["Location"])
