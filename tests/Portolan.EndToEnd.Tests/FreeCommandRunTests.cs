using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>portolan free -- COMMAND {}</c>: the command gets a port that no other program has.</summary>
public sealed class FreeCommandRunTests
{
    private const string Reusing =
        "use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => shift, Listen => 5, ReuseAddr => 1) or exit 7; print $s->sockport";

    private const string Plain =
        "use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => shift, Listen => 5) or exit 7; print $s->sockport";

    private const string Passed =
        "use Socket; open my $s, '+<&=', 3 or exit 7; print +(sockaddr_in6(getsockname $s))[0], ' ', $ENV{LISTEN_FDS}, ' ', "
        + "$ENV{LISTEN_PID} == $$";

    [Fact]
    public void A_server_that_sets_SO_REUSEADDR_binds_beside_the_holder()
    {
        var result = PortolanProgram.Run("free", "20000-20999", "--", "perl", "-e", Reusing, "{}").Expect(0);

        Assert.InRange(int.Parse(result.Output, System.Globalization.CultureInfo.InvariantCulture), 20000, 20999);
        Assert.DoesNotContain("once more", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_does_not_gets_the_port_at_its_second_try()
    {
        var result = PortolanProgram.Run("free", "--", "perl", "-e", Plain, "{}").Expect(0);

        Assert.Matches("^[0-9]+$", result.Output);
        Assert.Contains(
            $"portolan: perl exited with 7 before it listened; second try, with port {result.Output} released\n", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_listening_descriptor_is_passed_as_systemd_does()
    {
        var result = PortolanProgram.Run("free", "--listen-fd", "--", "perl", "-e", Passed).Expect(0);

        Assert.Matches("^[0-9]+ 1 1$", result.Output);
        Assert.Contains("/tcp is passed to perl as a listening descriptor (LISTEN_FDS=1)\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exit_code_is_that_of_the_command()
    {
        var unknown = PortolanProgram.Run("free", "--", "/nonexistent/program", "{}").Expect(127);

        Assert.Equal("portolan: program /nonexistent/program does not exist\nhint: check the path\n", unknown.Error);
        Assert.StartsWith(
            "portolan: program 'nosuchcmd' not found in PATH\n",
            PortolanProgram.Run("free", "--", "nosuchcmd", "{}").Expect(127).Error, StringComparison.Ordinal);
        PortolanProgram.Run("free", "--", "sh", "-c", "exit 9", "{}").Expect(9);
        PortolanProgram.Run("free", "--", "sh", "-c", "kill -9 $$", "{}").Expect(137);
    }

    [Fact]
    public async Task Commands_that_start_at_once_get_ports_of_their_own()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(static _ => Task.Run(static () =>
            PortolanProgram.Run("free", "21000-21015", "--", "perl", "-e", Reusing + "; select undef, undef, undef, 1", "{}").Expect(0))));

        Assert.Equal(8, results.Select(static r => r.Output).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("the command contains no {}", "--", "true")]
    [InlineData("--listen-fd needs a command", "--listen-fd")]
    [InlineData("--count and a command exclude each other", "--count", "2", "--", "true", "{}")]
    [InlineData("--json is not supported with a command", "--json", "--", "true", "{}")]
    [InlineData("--listen-fd is for TCP", "--listen-fd", "-p", "udp", "--", "true")]
    public void What_cannot_be_run_is_refused(string message, params string[] words)
    {
        var result = PortolanProgram.Run(["free", .. words]).Expect(2);

        Assert.StartsWith($"portolan: {message}", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }
}
