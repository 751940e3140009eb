using Portolan.Cli.Scanning;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>Which mode runs: what was asked for by name is never replaced.</summary>
public sealed class ModeChoiceTests
{
    [Theory]
    [InlineData("h", true, ScanMode.Raw, TcpTechnique.Syn)]
    [InlineData("h", false, ScanMode.Connect, TcpTechnique.Connect)]
    [InlineData("-sS h", true, ScanMode.Raw, TcpTechnique.Syn)]
    [InlineData("-sX h", true, ScanMode.Raw, TcpTechnique.Xmas)]
    [InlineData("-sT h", true, ScanMode.Connect, TcpTechnique.Connect)]
    [InlineData("-sT h", false, ScanMode.Connect, TcpTechnique.Connect)]
    [InlineData("-sU h", true, ScanMode.Raw, TcpTechnique.None)]
    [InlineData("-sU h", false, ScanMode.Connect, TcpTechnique.None)]
    [InlineData("-sTU h", false, ScanMode.Connect, TcpTechnique.Connect)]
    [InlineData("-sn h", true, ScanMode.Raw, TcpTechnique.None)]
    [InlineData("-sn h", false, ScanMode.Connect, TcpTechnique.None)]
    [InlineData("--unprivileged h", true, ScanMode.Connect, TcpTechnique.Connect)]
    [InlineData("--privileged h", true, ScanMode.Raw, TcpTechnique.Syn)]
    [InlineData("--own-stack h", true, ScanMode.Raw, TcpTechnique.Syn)]
    [InlineData("-sSU --own-stack h", true, ScanMode.Raw, TcpTechnique.Syn)]
    [InlineData("-PS80 h", false, ScanMode.Connect, TcpTechnique.Connect)]
    public void The_mode_follows_the_privilege_and_the_words(string words, bool raw, object mode, object technique)
    {
        var choice = ModeChoice.Make(ScanLine.Read(words), () => raw);
        Assert.Equal(((ScanMode)mode, (TcpTechnique)technique), (choice.Mode, choice.Tcp));
    }

    [Theory]
    [InlineData("-sS h", "-sS")]
    [InlineData("-sA h", "-sA")]
    [InlineData("-sN h", "-sN")]
    [InlineData("-sF h", "-sF")]
    [InlineData("-sX h", "-sX")]
    [InlineData("-sSU h", "-sS")]
    [InlineData("--scanflags SYN h", "--scanflags")]
    [InlineData("--privileged h", "--privileged")]
    [InlineData("-PE h", "-PE")]
    [InlineData("-sn -PP h", "-PP")]
    [InlineData("-sT -PE h", "-PE")]
    [InlineData("--data-length 9 h", "--data-length")]
    public void What_needs_the_capability_ends_without_it(string words, string named)
    {
        var refusal = Assert.Throws<PortolanException>(() => ModeChoice.Make(ScanLine.Read(words), static () => false));
        Assert.Equal(ExitCode.NoPrivilege, refusal.ExitCode);
        Assert.Equal($"{named} needs the capability CAP_NET_RAW, which this user lacks", refusal.Message);
        Assert.StartsWith("run it with sudo", refusal.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_of_our_own_needs_two_capabilities_and_names_both()
    {
        var refusal = Assert.Throws<PortolanException>(() => ModeChoice.Make(ScanLine.Read("--own-stack h"), static () => false));
        Assert.Equal(
            (ExitCode.NoPrivilege, "--own-stack needs the capabilities CAP_NET_RAW and CAP_NET_ADMIN, which this user lacks"),
            (refusal.ExitCode, refusal.Message));
        Assert.StartsWith("run it with sudo", refusal.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-sS --unprivileged h")]
    [InlineData("-PE --unprivileged h")]
    [InlineData("--own-stack --unprivileged h")]
    [InlineData("-sT --data-length 9 h")]
    [InlineData("-sT --privileged h")]
    public void What_cannot_be_together_is_a_wrong_command_line(string words)
    {
        var refusal = Assert.Throws<PortolanException>(() => ModeChoice.Make(ScanLine.Read(words), static () => true));
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
    }

    [Fact]
    public void A_connect_scan_finds_hosts_with_packets_where_it_may()
    {
        Assert.Equal(ScanMode.Raw, ModeChoice.Make(ScanLine.Read("-sT h"), static () => true).Discovery);
        Assert.Equal(ScanMode.Connect, ModeChoice.Make(ScanLine.Read("-sT -Pn h"), static () => true).Discovery);
        Assert.Equal(ScanMode.Connect, ModeChoice.Make(ScanLine.Read("-sT --unprivileged h"), static () => true).Discovery);
    }

    [Fact]
    public void A_list_never_asks_for_privilege() =>
        ModeChoice.Make(ScanLine.Read("-sL h"), static () => throw new InvalidOperationException("asked"));
}
