using Portolan.Model;
using Portolan.Sockets.Filtering;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>What a person who mistyped a filter reads.</summary>
public sealed class FilterErrorTests
{
    [Theory]
    [InlineData(
        "state established and prot 443",
        "no field is named \"prot\"",
        "state established and prot 443",
        "                      ^^^^ did you mean \"port\"?")]
    [InlineData(
        "state establised", "no state is named \"establised\"", "state establised", "      ^^^^^^^^^^ did you mean \"established\"?")]
    [InlineData("protocol tcp6", "no protocol is named \"tcp6\"", "protocol tcp6", "         ^^^^ did you mean \"tcp and family ipv6\"?")]
    [InlineData("family ipv5", "no family is named \"ipv5\"", "family ipv5", "       ^^^^ did you mean \"ipv4\"?")]
    [InlineData("listening", "no field is named \"listening\"", "listening", "^^^^^^^^^ did you mean \"state listening\"?")]
    [InlineData("udp and port 53", "no field is named \"udp\"", "udp and port 53", "^^^ did you mean \"protocol udp\"?")]
    [InlineData("443", "no field is named \"443\"", "443", "^^^ did you mean \"port 443\"?")]
    [InlineData("10.0.0.0/8", "no field is named \"10.0.0.0/8\"", "10.0.0.0/8", "^^^^^^^^^^ did you mean \"address 10.0.0.0/8\"?")]
    [InlineData("process:nginx", "no field is named \"process:nginx\"", "process:nginx", "^^^^^^^^^^^^^ did you mean \"process nginx\"?")]
    [InlineData("port 70000", "a port is a number of 0 to 65535, not 70000", "port 70000", "     ^^^^^")]
    [InlineData("port 22,70000,80", "a port is a number of 0 to 65535, not 70000", "port 22,70000,80", "        ^^^^^")]
    [InlineData("port 8100-8000", "the range 8100-8000 runs backwards", "port 8100-8000", "     ^^^^^^^^^ did you mean \"8000-8100\"?")]
    [InlineData("port 1-2-3", "\"1-2-3\" is not a port, a range or a service", "port 1-2-3", "     ^^^^^")]
    [InlineData(
        "port 443/tcp", "a protocol needs a separate condition", "port 443/tcp", "     ^^^^^^^ did you mean \"443 and protocol tcp\"?")]
    [InlineData("port htps", "no service is named \"htps\"", "port htps", "     ^^^^ did you mean \"https\"?")]
    [InlineData("sport = :shh", "no service is named \"shh\"", "sport = :shh", "         ^^^ did you mean \"ssh\"?")]
    [InlineData("dst 10.0.0.1:htttp", "no service is named \"htttp\"", "dst 10.0.0.1:htttp", "             ^^^^^ did you mean \"http\"?")]
    [InlineData("user rot", "no user is named \"rot\"", "user rot", "     ^^^ did you mean \"root\"?")]
    [InlineData("dev eth1", "no interface is named \"eth1\"", "dev eth1", "    ^^^^ did you mean \"eth0\"?")]
    [InlineData("dst 10.0.0.0/33", "an IPv4 prefix has 0 to 32 bits, not 33", "dst 10.0.0.0/33", "    ^^^^^^^^^^^")]
    [InlineData("dst 2001:db8::/129", "an IPv6 prefix has 0 to 128 bits, not 129", "dst 2001:db8::/129", "    ^^^^^^^^^^^^^^")]
    [InlineData(
        "dst 10.0.0.0/255.0.0.0", "a prefix ends with its length in bits, not \"255.0.0.0\"", "dst 10.0.0.0/255.0.0.0",
        "    ^^^^^^^^^^^^^^^^^^ did you mean \"10.0.0.0/8\"?")]
    [InlineData("src 443", "\"443\" is not an address", "src 443", "    ^^^ did you mean \":443\"?")]
    [InlineData("src localhost", "names are not looked up", "src localhost", "    ^^^^^^^^^ did you mean \"127.0.0.0/8,::1\"?")]
    [InlineData(
        "dst fe80::1%eth0", "\"fe80::1%eth0\" has a scope, which needs a separate condition", "dst fe80::1%eth0",
        "    ^^^^^^^^^^^^ did you mean \"fe80::1 and dev eth0\"?")]
    [InlineData("dst [::1:443", "this [ is never closed", "dst [::1:443", "    ^^^^^^^^")]
    [InlineData("dst netlink:kernel", "Portolan does not list netlink sockets", "dst netlink:kernel", "    ^^^^^^^^^^^^^^")]
    [InlineData("(port 443", "this ( is never closed", "(port 443", "^")]
    [InlineData("port 443 and (port 80 or (port 22)", "this ( is never closed", "port 443 and (port 80 or (port 22)", "             ^")]
    [InlineData("port 443)", "this ) has no (", "port 443)", "        ^")]
    [InlineData("()", "empty parentheses", "()", "^")]
    [InlineData("port", "\"port\" needs a value", "port", "    ^")]
    [InlineData("port and port 80", "\"port\" needs a value", "port and port 80", "     ^^^")]
    [InlineData("port (22 or 80)", "\"port\" needs a value", "port (22 or 80)", "     ^")]
    [InlineData("port 22,,80", "a value is missing here", "port 22,,80", "        ^")]
    [InlineData("port 80 and", "a condition must follow \"and\"", "port 80 and", "        ^^^")]
    [InlineData("not", "a condition must follow \"not\"", "not", "^^^")]
    [InlineData("(port 80 or)", "a condition must follow \"or\"", "(port 80 or)", "         ^^")]
    [InlineData("or port 80", "a condition must stand before \"or\"", "or port 80", "^^")]
    [InlineData("port 80 and or port 443", "a condition must stand before \"or\"", "port 80 and or port 443", "            ^^")]
    [InlineData("= 80", "a field must stand before \"=\"", "= 80", "^")]
    [InlineData("port => 80", "unknown operator \"=>\"", "port => 80", "     ^^ did you mean \">=\"?")]
    [InlineData("port <> 80", "unknown operator \"<>\"", "port <> 80", "     ^^ did you mean \"!=\"?")]
    [InlineData("process > nginx", "\"process\" has no order: use = or !=", "process > nginx", "        ^")]
    [InlineData("port > 22,80", "\">\" takes one value", "port > 22,80", "          ^^")]
    [InlineData("port > 22-80", "a range has no order: compare with one port", "port > 22-80", "       ^^^^^")]
    [InlineData("sport > x11", "\"x11\" is more than one port, so it has no order", "sport > x11", "        ^^^")]
    [InlineData("user > root", "only user ids have an order", "user > root", "       ^^^^")]
    [InlineData("pid nginx", "\"nginx\" is not a number of 0 to 4294967295", "pid nginx", "    ^^^^^")]
    [InlineData("recvq > 5T", "\"5T\" is not a number of 0 to 4294967295", "recvq > 5T", "        ^^")]
    [InlineData("process \"nginx", "unterminated quote", "process \"nginx", "        ^")]
    [InlineData(
        "fwmark = 0x1", "fwmark cannot be compared: the kernel shows a socket's mark only with CAP_NET_ADMIN", "fwmark = 0x1", "^^^^^^")]
    [InlineData(
        "cgroup /system.slice", "cgroup cannot be compared: a socket keeps the cgroup of its creation, which may differ from its owner's",
        "cgroup /system.slice", "^^^^^^")]
    public void The_wrong_word_is_shown_with_a_caret_and_the_nearest_right_one(string filter, string message, string shown, string caret)
    {
        Assert.False(SocketFilter.TryParse([filter], FilterWorld.Names, out _, out var error));
        Assert.Equal($"{message}\n  {shown}\n  {caret}", error!.ToString());
    }

    [Fact]
    public void The_caret_stands_under_its_word_when_words_were_joined()
    {
        Assert.False(SocketFilter.TryParse(["state", "established", "and", "(prot 443)"], FilterWorld.Names, out _, out var error));
        Assert.Equal("state established and (prot 443)", error!.Filter);
        Assert.Equal("prot", error.Filter.Substring(error.Position, error.Length));
    }

    [Fact]
    public void A_wrong_filter_is_a_usage_error_with_a_hint()
    {
        var thrown = Assert.Throws<PortolanException>(() => SocketFilter.Parse(["cgroup", "/system.slice"], FilterWorld.Names));
        Assert.Equal(ExitCode.Usage, thrown.ExitCode);
        Assert.Equal("use unit NAME or container NAME", thrown.Hint?.ToString());
        Assert.Equal(["  cgroup /system.slice", "  ^^^^^^"], thrown.Details);
    }

    [Fact]
    public void Where_nothing_is_near_the_fields_are_listed()
    {
        Assert.False(SocketFilter.TryParse(["frobnicate 7"], FilterWorld.Names, out _, out var error));
        Assert.Null(error!.Suggestion);
        Assert.StartsWith("fields: state, port, sport,", error.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_long_filter_the_piece_around_the_error_is_shown()
    {
        var filter = string.Join(" or ", Enumerable.Range(1, 100).Select(i => $"port {i}")) + " or prot 7 or "
            + string.Join(" or ", Enumerable.Range(1, 100).Select(i => $"port {i}"));
        Assert.False(SocketFilter.TryParse([filter], FilterWorld.Names, out _, out var error));
        var lines = error!.ToString().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length <= 110, line));
        Assert.StartsWith("  …", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("…", lines[1], StringComparison.Ordinal);
        Assert.Equal("prot", lines[1].Substring(lines[2].IndexOf('^', StringComparison.Ordinal), 4));
    }

    [Fact]
    public void Control_and_bidirectional_characters_do_not_reach_the_terminal()
    {
        Assert.False(SocketFilter.TryParse(["\e[2Jprot\u202e\u0007\udb40\udc41 443"], FilterWorld.Names, out _, out var error));
        var text = error!.ToString();
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
        Assert.Contains("\ufffd[2Jprot\ufffd\ufffd\ufffd\ufffd 443", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("not ")]
    [InlineData("!(")]
    public void Nesting_has_a_limit(string part)
    {
        Assert.False(SocketFilter.TryParse(
            [string.Concat(Enumerable.Repeat(part, 100_000)) + "port 80"], FilterWorld.Names, out _, out var error));
        Assert.Equal("a filter nests at most 64 deep", error!.Message);
    }

    [Fact]
    public void Length_has_none()
    {
        var filter = SocketFilter.Parse([string.Join(" or ", Enumerable.Range(1, 20_000).Select(i => $"port {i}"))], FilterWorld.Names);
        Assert.NotNull(filter.Syntax);
    }
}
