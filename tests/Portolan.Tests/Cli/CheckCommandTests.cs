using Portolan.Cli.Checking;
using Portolan.Cli.Commands;
using Portolan.Scan.Checking;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>What <c>portolan check</c> refuses before it sends anything.</summary>
public sealed class CheckCommandTests
{
    [Theory]
    [InlineData("no target")]
    [InlineData("'example.com': no port", "example.com")]
    [InlineData("'bittorrent://example.com:6881': unknown scheme bittorrent", "bittorrent://example.com:6881")]
    [InlineData("'example.com:0': 0 is not a port", "example.com:0")]
    [InlineData("'example.com:70000': 70000 is not a port", "example.com:80", "example.com:70000")]
    [InlineData("'refused': unknown expectation; did you mean closed?", "example.com:80", "--expect", "refused")]
    [InlineData("'status=200' applies to HTTP, but tcp://example.com:80 is tcp", "tcp://example.com:80", "--expect", "status=200")]
    [InlineData("'open|filtered' applies to the state of a port, but example.com:80 is tcp", "example.com:80", "--expect", "open|filtered")]
    [InlineData(
        "'greeting=SSH' applies to the greeting of a TCP port, but http://example.com is http", "http://example.com", "--expect",
        "greeting=SSH")]
    [InlineData("'tcp://***@db.example.com:3306': the part before an @ is not sent", "tcp://app:secret@db.example.com:3306")]
    [InlineData(
        "'greeting=PONG' applies to the greeting of a TCP port, but redis://***@example.com is redis", "redis://app:secret@example.com",
        "--expect", "greeting=PONG")]
    [InlineData("'https://***@b': a user in a URL is not sent", "https://app:se@cret@example.com/a@b")]
    [InlineData("'smtp:mail.example.com': no // after the scheme", "smtp:mail.example.com")]
    [InlineData("--timeout takes a time from 10ms to 1h, e.g. 500ms, 30s or 10m, not '0'", "example.com:80", "--timeout", "0")]
    [InlineData("--timeout takes a time from 10ms to 1h, e.g. 500ms, 30s or 10m, not 'soon'", "example.com:80", "--timeout", "soon")]
    [InlineData("--watch takes a time from 100ms to 1d, e.g. 500ms, 30s, 10m or 1h30m, not '0'", "example.com:80", "--watch", "0")]
    [InlineData("--max-redirects must be 0 to 50, not '51'", "example.com:80", "--max-redirects", "51")]
    [InlineData("--max-body takes 1K to 1024G, e.g. 16M, not '0'", "https://example.com", "--max-body", "0")]
    [InlineData("--max-body takes 1K to 1024G, e.g. 16M, not 'much'", "https://example.com", "--max-body", "much")]
    [InlineData("--sni must be a host name, not '192.0.2.1'", "https://example.com", "--sni", "192.0.2.1")]
    [InlineData("--dns-servers: \"example.com\" is not the address of a server", "https://example.com", "--dns-servers", "example.com")]
    [InlineData("unknown option '--expext' for portolan check; did you mean --expect?", "example.com:80", "--expext", "open")]
    public void A_wrong_word_exits_2_and_names_the_remedy(string message, params string[] args)
    {
        var console = new TestConsole();

        Assert.Equal(2, console.Run(["check", .. args]));

        Assert.Equal("", console.Output);
        Assert.StartsWith($"portolan: {message}", console.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-L", "redirects are followed automatically")]
    [InlineData("--max-time=3", "--timeout SECONDS")]
    [InlineData("--fail", "--expect status=2xx")]
    [InlineData("-X", "one GET")]
    [InlineData("-H", "use curl for that")]
    [InlineData("--resolve", "--sni www.example.com")]
    [InlineData("--cacert", "SSL_CERT_FILE=FILE")]
    [InlineData("-servername", "--sni NAME")]
    [InlineData("-connect", "portolan check tls://HOST:PORT")]
    [InlineData("-vz", "portolan check HOST:PORT")]
    [InlineData("--retry", "--watch SECONDS")]
    public void An_option_of_another_program_has_a_hint(string option, string hint)
    {
        var console = new TestConsole();

        Assert.Equal(2, console.Run("check", "example.com:80", option, "x"));

        Assert.StartsWith(
            $"portolan: portolan check has no option '{option.Split('=')[0]}'\nhint: ", console.Error, StringComparison.Ordinal);
        Assert.Contains(hint, console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_option_of_its_own_is_taken_for_another_programs() =>
        Assert.All(
            new CheckCommand().Options.SelectMany(static o => o.Aliases.Append(o.Name)),
            static name => Assert.Null(CheckRemedies.Find(name)));

    [Theory]
    [InlineData("stdin contains no target", "# nothing but comments\n\n")]
    [InlineData("stdin, line 2: 'example.com': no port", "example.com:80\nexample.com\n")]
    [InlineData("stdin, line 1: 'opne': unknown expectation; did you mean open?", "example.com:80 opne\n")]
    [InlineData("stdin, line 1: 'tls-days=14+' applies to TLS, but example.com:80 is tcp", "example.com:80 tls-days=14+ # soon\n")]
    public void A_wrong_line_is_named_by_its_number(string message, string input)
    {
        var console = new TestConsole { Input = input };

        Assert.Equal(2, console.Run("check", "-f", "-"));

        Assert.StartsWith($"portolan: {message}", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var console = new TestConsole();

        Assert.Equal(2, console.Run("check", "-f", "/nonexistent/targets"));

        Assert.StartsWith("portolan: cannot read /nonexistent/targets: ", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_scheme()
    {
        var words = new CheckCommand().Details.Split([' ', ',', '.', '\n'], StringSplitOptions.RemoveEmptyEntries).ToHashSet();

        Assert.All(ServiceSchemes.All, scheme => Assert.Contains(scheme.Name, words));
    }
}
