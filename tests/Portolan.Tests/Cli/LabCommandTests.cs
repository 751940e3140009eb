using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>What <c>portolan lab</c> makes of its words, and that the server reads them as they were meant.</summary>
public sealed class LabCommandTests
{
    [Theory]
    [InlineData("lab run office -- nmap -sS 198.18.0.0/24", "lab run --holds-lesson office -- nmap -sS 198.18.0.0/24")]
    [InlineData(
        "lab run --seed 7 --pcap x.pcapng --allow-exec office -- sh -c x -- --json",
        "lab run --seed=7 --pcap=x.pcapng --holds-lesson --allow-exec office -- sh -c x -- --json")]
    [InlineData("lab run office --pcap - --pcap-host web", "lab run --pcap=- --pcap-host=web office")]
    [InlineData("lab run office --pcap x --pcap-network office", "lab run --pcap=x --pcap-network=office office")]
    [InlineData("lab run office --pcap x --pcap-all", "lab run --pcap=x --pcap-all office")]
    [InlineData("lab run office", "lab run office")]
    [InlineData("--debug lab run -- -x", "lab run --debug ./-x")]
    [InlineData("lab list --json", "lab list --json")]
    [InlineData("lab show office --json", "lab show --json office")]
    [InlineData("lab check my.yaml", "lab check my.yaml")]
    [InlineData("lab show office --yaml", "lab show --yaml office")]
    [InlineData("lab truth scan-me", "lab truth scan-me")]
    [InlineData("lab truth scan-me --xml -p 1-10", "lab truth --ports=1-10 --xml scan-me")]
    [InlineData("lab score scan-me r.xml --targets 198.18.0.1", "lab score --targets=198.18.0.1 scan-me r.xml")]
    [InlineData("lab enter office", "lab enter office")]
    [InlineData("lab enter office web", "lab enter office web")]
    [InlineData("lab exec office web -- ping -c 2 pc-1", "lab enter office web -- ping -c 2 pc-1")]
    [InlineData("lab exec office web -- sh -c x -- --json", "lab enter office web -- sh -c x -- --json")]
    [InlineData("--color always lab run two-browsers", "lab run --colors two-browsers")]
    [InlineData("--color always lab run office -- ls", "lab run --holds-lesson office -- ls")]
    [InlineData(
        "lab run two-browsers --at 2 --on site1 -- ss -tan", "lab run --at=site1 --holds-lesson --step=2 two-browsers -- ss -tan")]
    public void The_server_gets_one_form_whatever_was_typed(string typed, string passed)
    {
        LabInvocation? got = null;
        var console = new TestConsole { BecomeServer = invocation => { got = (LabInvocation)invocation; return ExitCode.Success; } };

        Assert.Equal((0, ""), (console.Run(typed.Split(' ')), console.Error));

        Assert.Equal(passed.Split(' '), got!.ToWords());
    }

    [Theory]
    [InlineData("unexpected word 'curl'", "lab", "run", "office", "curl")]
    [InlineData("portolan lab run has no option '-sS'", "lab", "run", "office", "nmap", "-sS")]
    [InlineData("FILE|NAME is missing", "lab", "run")]
    [InlineData("the command after -- is empty", "lab", "run", "office", "--", "")]
    [InlineData("the name of the lab or file is empty", "lab", "show", "")]
    [InlineData("--seed must be a whole number from 0 to 18446744073709551615, not '-1'", "lab", "run", "office", "--seed=-1")]
    [InlineData("portolan lab has no command 'rum'; did you mean run?", "lab", "rum")]
    [InlineData("portolan lab has no command 'up'\nhint: a lab lives as long as its command: portolan lab run NAME -- COMMAND; portolan "
        + "lab run NAME plays its scenario", "lab", "up", "office")]
    [InlineData(
        "portolan lab has no command 'ssh'\nhint: portolan lab enter NAME HOST opens a shell at the place of a host", "lab", "ssh",
        "office", "web")]
    [InlineData(
        "portolan lab has no command 'destroy'\nhint: a lab ends with the command of its portolan lab run, and leaves nothing behind",
        "lab", "destroy", "office")]
    [InlineData("--json is for scenarios; here the output is the command's", "lab", "run", "office", "--json", "--", "true")]
    [InlineData("--json and --xml cannot both be written\nhint: leave one out", "lab", "truth", "office", "--json", "--xml")]
    [InlineData("--json and --yaml cannot both be written\nhint: leave one out", "lab", "show", "office", "--json", "--yaml")]
    [InlineData(
        "--pcap-host needs --pcap\nhint: add --pcap FILE", "lab", "run", "office",
        "--pcap-host", "web")]
    [InlineData(
        "--pcap-host and --pcap-all cannot be used together\nhint: leave all but one out", "lab", "run", "office", "--pcap", "x",
        "--pcap-host", "web", "--pcap-all")]
    [InlineData("the name after --pcap-network is empty", "lab", "run", "office", "--pcap", "x", "--pcap-network", "")]
    [InlineData("the name after --pcap is empty", "lab", "run", "office", "--pcap", "")]
    [InlineData(
        "--json and --pcap - both write to standard output\nhint: write the capture to a file: --pcap FILE", "lab", "run", "two-browsers",
        "--json", "--pcap", "-")]
    [InlineData("RESULT is missing", "lab", "score", "office")]
    [InlineData("HOST is missing before --", "lab", "exec", "office", "--", "true")]
    [InlineData("HOST is missing", "lab", "exec", "office")]
    [InlineData("no command after --", "lab", "exec", "office", "web", "--")]
    [InlineData("no command given", "lab", "exec", "office", "web")]
    [InlineData("unexpected word 'ping'", "lab", "exec", "office", "web", "ping", "pc-1")]
    [InlineData("the command after -- is empty", "lab", "exec", "office", "web", "--", "")]
    [InlineData("the name of the host is empty", "lab", "exec", "office", "", "--", "true")]
    [InlineData("lab enter opens a shell and takes no command", "lab", "enter", "office", "--", "ls")]
    [InlineData("unexpected word 'ls'", "lab", "enter", "office", "web", "ls")]
    public void Wrong_words_never_reach_the_server(string message, params string[] args)
    {
        var console = new TestConsole { BecomeServer = _ => throw new InvalidOperationException("it was called") };

        Assert.Equal(2, console.Run(args));

        Assert.Contains("\nhint: ", console.Error, StringComparison.Ordinal);
        Assert.StartsWith($"portolan: {message}\n", console.Error, StringComparison.Ordinal);
    }
}
