using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

public sealed class ForwardWordTests
{
    [Theory]
    [InlineData("8080", "web:80", "*:8080/tcp > web:80")]
    [InlineData("*:8080", "web:80", "*:8080/tcp > web:80")]
    [InlineData("127.0.0.1:8080", "192.0.2.1:80", "127.0.0.1:8080/tcp > 192.0.2.1:80")]
    [InlineData("localhost:8080", "web.example.com:80", "127.0.0.1:8080/tcp > web.example.com:80")]
    [InlineData("[::1]:8080", "[2001:db8::1]:80", "[::1]:8080/tcp > [2001:db8::1]:80")]
    [InlineData("5353/udp", "10.0.0.1:53", "*:5353/udp > 10.0.0.1:53")]
    [InlineData("53", "10.0.0.1:53/udp", "*:53/udp > 10.0.0.1:53")]
    [InlineData("8080", "web", "*:8080/tcp > web:8080")]
    [InlineData("8080", "80", "*:8080/tcp > 127.0.0.1:80")]
    [InlineData("8080", ":80", "*:8080/tcp > 127.0.0.1:80")]
    [InlineData("8080", "192.0.2.1", "*:8080/tcp > 192.0.2.1:8080")]
    [InlineData("8080", "a:1,b:2,[::1]:3", "*:8080/tcp > a:1 b:2 [::1]:3")]
    [InlineData("unix:/run/a.sock", "unix:/run/b.sock", "unix:/run/a.sock > unix:/run/b.sock")]
    [InlineData("/run/a.sock", "db:5432", "unix:/run/a.sock > db:5432")]
    [InlineData("8000-8002", "web:9000-9002", "*:8000/tcp > web:9000; *:8001/tcp > web:9001; *:8002/tcp > web:9002")]
    [InlineData("8000-8001", "web", "*:8000/tcp > web:8000; *:8001/tcp > web:8001")]
    public void A_pair_is_read(string listen, string target, string expected) =>
        Assert.Equal(expected, Text(ForwardWords.ReadPair(listen, target, new ForwardOptions())));

    [Theory]
    [InlineData("8080", "web:80:90", "more than one colon")]
    [InlineData("::1:8080", "web:80", "brackets")]
    [InlineData("2001:db8::1", "web:80", "brackets")]
    [InlineData("[::1", "web:80", "bracket")]
    [InlineData("8080/sctp", "web:80", "not a protocol")]
    [InlineData("8080/tcp", "web:80/udp", "two protocols")]
    [InlineData("65536", "web:80", "no port")]
    [InlineData("9-8", "web:80", "backwards")]
    [InlineData("8000-8002", "web:80", "has 3 ports")]
    [InlineData("8000", "web:80-82", "has 1 port")]
    [InlineData("8080", "web:0", "port 0")]
    [InlineData("8080", "0.0.0.0:80", "wildcard address")]
    [InlineData("8080", "a:1,,b:2", "missing")]
    [InlineData("8080", "a b:80", "neither a name")]
    [InlineData("web:8080", "web:80", "not an address of this host")]
    [InlineData("53/udp", "unix:/run/a", "datagrams")]
    [InlineData("TCP-LISTEN:8080,fork", "TCP:web:80", "socat")]
    [InlineData("unix:", "web:80", "path")]
    [InlineData("unix:/run/a", "web", "does not name a port")]
    public void What_is_wrong_is_named_with_a_remedy(string listen, string target, string fault)
    {
        var error = Assert.Throws<PortolanException>(() => ForwardWords.ReadPair(listen, target, new ForwardOptions()));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint!.ToString());
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Theory]
    [InlineData("8080:web:80", "127.0.0.1:8080/tcp > web:80")]
    [InlineData("*:8080:web:80", "*:8080/tcp > web:80")]
    [InlineData(":8080:web:80", "*:8080/tcp > web:80")]
    [InlineData("localhost:8080:web:80", "127.0.0.1:8080/tcp > web:80")]
    [InlineData("0.0.0.0:8080:web:80", "0.0.0.0:8080/tcp > web:80")]
    [InlineData("[::1]:8080:[2001:db8::1]:80", "[::1]:8080/tcp > [2001:db8::1]:80")]
    [InlineData("8080:/run/app.sock", "127.0.0.1:8080/tcp > unix:/run/app.sock")]
    [InlineData("*:8080:/run/app.sock", "*:8080/tcp > unix:/run/app.sock")]
    [InlineData("/run/a.sock:web:80", "unix:/run/a.sock > web:80")]
    [InlineData("/run/a.sock:/run/b.sock", "unix:/run/a.sock > unix:/run/b.sock")]
    public void Ssh_s_form_is_read(string word, string expected) =>
        Assert.Equal(expected, Text([SshWord.Read(word, new ForwardOptions()).First]));

    [Theory]
    [InlineData("8080")]
    [InlineData("8080:web")]
    [InlineData("a:b:c:d:e")]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[::1]8080:web:80")]
    public void What_is_not_ssh_s_form_is_refused(string word) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<PortolanException>(() => SshWord.Read(word, new ForwardOptions())).ExitCode);

    [Fact]
    public void One_word_that_ssh_or_docker_would_take_gets_the_right_remedy()
    {
        var error = Assert.Throws<PortolanException>(() => ForwardWords.ReadRanges(["8080:web:80"], new ForwardOptions()));
        Assert.Contains("portolan forward -L 8080:web:80", error.Hint?.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "no target for",
            Assert.Throws<PortolanException>(() => ForwardWords.ReadRanges(["1", "a:2", "3"], new ForwardOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_has_a_forward_on_each_line_with_options_of_its_own_and_rinetd_s_lines()
    {
        const string File = """
            # comment
            8080 web:80 --limit 5 --allow 192.0.2.0/24,198.51.100.1 --proxy-out v2   # behind

            unix:/run/a.sock db:5432 --proxy-in --idle=10m
            0.0.0.0 81 192.0.2.7 82
            ::1 53/udp 192.0.2.7 53/udp
            """;
        var specs = ForwardRange.Expand(ForwardFile.Read(File, "f", new ForwardOptions { Limit = 9 }));
        Assert.Equal(
            "*:8080/tcp > web:80; unix:/run/a.sock > db:5432; 0.0.0.0:81/tcp > 192.0.2.7:82; [::1]:53/udp > 192.0.2.7:53", Text(specs));
        Assert.Equal((5, 2, 2), (specs[0].Options.Limit, specs[0].Options.Allow.Count, specs[0].Options.ProxyOut));
        Assert.Equal((9, true, TimeSpan.FromMinutes(10)), (specs[1].Options.Limit, specs[1].Options.ProxyIn, specs[1].Options.Idle));
    }

    [Theory]
    [InlineData("8080", "line 1")]
    [InlineData("\n8080 web:80 --wat 1", "line 2: unknown option '--wat'")]
    [InlineData("8080 web:80 --limit", "needs a value")]
    [InlineData("8080 web:80 --limit x", "a number from 1 to 2147483647")]
    [InlineData("allow 192.168.*", "rinetd's 'allow'")]
    [InlineData("# nothing", "no forward")]
    public void A_wrong_line_is_named(string text, string fault) =>
        Assert.Contains(
            fault, Assert.Throws<PortolanException>(() => ForwardFile.Read(text, "f", new ForwardOptions())).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("* 81 192.0.2.7 82", "*:81/tcp > 192.0.2.7:82")]
    [InlineData("0.0.0.0 81 192.0.2.7 82", "0.0.0.0:81/tcp > 192.0.2.7:82")]
    [InlineData(":: 81 2001:db8::1 82", "[::]:81/tcp > [2001:db8::1]:82")]
    public void Rinetd_s_lines_name_an_address_or_every_one(string line, string expected) =>
        Assert.Equal(expected, Text(ForwardRange.Expand(ForwardFile.Read(line, "f", new ForwardOptions()))));

    [Theory]
    [InlineData("127.0.0.1 81 * 82", "'*' is neither a name nor an address")]
    [InlineData("0.0.0.0 http 192.0.2.7 80", "with numeric ports")]
    [InlineData("0.0.0.0 81 192.0.2.7 82 [timeout=1200]", "followed by options of portolan")]
    public void What_of_rinetd_s_lines_is_not_understood_is_said(string line, string fault) =>
        Assert.Contains(
            fault, Assert.Throws<PortolanException>(() => ForwardFile.Read(line, "f", new ForwardOptions())).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("[fe80::1%eth0]:8080", "[fe80::2%eth1]:80", "[fe80::1%eth0]:8080/tcp > [fe80::2%eth1]:80")]
    [InlineData("unix:@in", "unix:@out", "unix:@in > unix:@out")]
    public void Link_local_addresses_have_their_interface_and_abstract_sockets_a_name(string listen, string target, string expected) =>
        Assert.Equal(expected, Text(ForwardWords.ReadPair(listen, target, new ForwardOptions())));

    [Theory]
    [InlineData("[fe80::1]:8080", "web:80", "needs its interface", "%eth0")]
    [InlineData("8080", "[fe80::1]:80", "needs its interface", "%eth0")]
    [InlineData("8080", "[2001:db8::1%eth0]:80", "only a link-local IPv6 address", "fe80")]
    [InlineData("8080", "http://web:80", "is a URL", "leave out http:// ")]
    [InlineData("listenport=8080", "connectport=80", "netsh", "portolan forward 8080 web:80")]
    [InlineData("unix:@", "web:80", "1 to 107 bytes", "unix:")]
    public void Other_words_get_their_remedy(string listen, string target, string fault, string remedy)
    {
        var error = Assert.Throws<PortolanException>(() => ForwardWords.ReadPair(listen, target, new ForwardOptions()));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_behind_which_a_network_was_meant_is_answered_with_the_network() =>
        Assert.Equal(
            "--allow 192.0.2.0/24",
            Assert.Throws<PortolanException>(() => OptionWords.With(new ForwardOptions(), "--allow", "192.0.2.9/24")).Hint?.ToString());

    [Theory]
    [InlineData("1K", 1024)]
    [InlineData("1024", 1024)]
    [InlineData("1.5M", 1_572_864)]
    [InlineData("10MB/s", 10_485_760)]
    [InlineData("2g", 2_147_483_648)]
    public void Rates_are_read(string text, long expected)
    {
        Assert.True(RateText.TryParse(text, out var rate));
        Assert.Equal(expected, rate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("1")]
    [InlineData("-5M")]
    [InlineData("10X")]
    [InlineData("99999999G")]
    [InlineData("NaN")]
    public void What_is_no_rate_is_refused(string text) => Assert.False(RateText.TryParse(text, out _));

    [Theory]
    [InlineData("--allow", "192.0.2.1/24")]
    [InlineData("--limit", "0")]
    [InlineData("--rate", "fast")]
    [InlineData("--new-rate", "-1")]
    [InlineData("--proxy-out", "v3")]
    [InlineData("--idle", "soon")]
    [InlineData("--connect-timeout", "2h")]
    [InlineData("--check", "ftp")]
    [InlineData("--check", "tcp:/x")]
    public void Wrong_values_are_refused_with_an_example(string name, string value) =>
        Assert.Contains(
            name, Assert.Throws<PortolanException>(() => OptionWords.With(new ForwardOptions(), name, value)).Hint?.ToString(),
            StringComparison.Ordinal);

    private static string Text(IReadOnlyList<ForwardSpec> specs) =>
        string.Join("; ", specs.Select(s => $"{s.Name} > {string.Join(' ', s.Targets)}"));
}
