from xform import Rule

untried = Rule(decode=int, encode=str, type="int", expected="a number", samples=())
