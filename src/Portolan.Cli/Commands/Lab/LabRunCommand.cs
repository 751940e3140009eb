using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab run</c>: a lab, and a command in it.</summary>
public sealed class LabRunCommand : LabTopicCommand
{
    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description =
            "the program to run in the lab and its arguments, behind --; without it the lab's scenario is played, or the lab runs until Ctrl-C",
        HelpName = "COMMAND",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _step = new("--at")
    {
        Description =
            "with a command: keep the sockets of this step of the lab's scenario open; usually the last that leaves a connection",
        HelpName = "STEP",
    };

    private readonly Option<string?> _place = new("--on")
    {
        Description = "with a command: the host at whose place it runs; vantage for the place outside its hosts",
        HelpName = "HOST",
    };

    private readonly Option<string?> _seed = new("--seed")
    {
        Description = "the seed of everything random: loss, jitter, ports that open and close",
        HelpName = "N",
    };

    private readonly Option<string?> _capture = new("--pcap")
    {
        Description = "write each packet once into FILE as pcapng, with a comment on its outcome; - is stdout",
        HelpName = "FILE",
    };

    private readonly Option<string?> _captureHost = new("--pcap-host")
    {
        Description = "with --pcap: what one host sends and receives; vantage is where the command stands",
        HelpName = "NAME",
    };

    private readonly Option<string?> _captureNetwork = new("--pcap-network")
    {
        Description = "with --pcap: all that crosses one network, or one link, named as FIRST-SECOND",
        HelpName = "NAME",
    };

    private readonly Option<bool> _captureAll =
        new("--pcap-all") { Description = "with --pcap: each packet on every network that it crosses, instead of once" };

    private readonly Option<bool> _allowExec =
        new("--allow-exec") { Description = "allow the lab's services to run programs and to use Unix sockets of this machine" };

    /// <summary>Makes the command.</summary>
    public LabRunCommand()
        : base("lab run", "run a lab, and a command in it")
    {
        Arguments.Add(_command);
        Add("How it runs", _step, _place, _seed, _allowExec);
        Add("Its packets", _capture, _captureHost, _captureNetwork, _captureAll);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The command gets its output, its terminal and its signals as if it ran by itself, and its exit status is this command's: 128 and the
        number of the signal when one ended it. It runs as root of namespaces that are the lab's own (users, network, mounts, processes), so
        that nmap -sS and tcpdump work without privilege, and files that it writes are the caller's. It sees the interface lab0 with routes to
        the networks of the lab and no others. /etc/hosts and /etc/resolv.conf are the lab's, so that its names resolve, and the
        certificate of its authority is trusted: PORTOLAN_LAB_CA, SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE and NODE_EXTRA_CA_CERTS name
        the file. PORTOLAN_LAB names the socket for portolan list --lab.

        When the command ends, all ends that it left running, and nothing stays: no interface, no mount, no file. That is so however the lab
        ends, even by SIGKILL.

        In the lab of a scenario the command runs at a host of the lesson while its sockets are open: real ones of the kernels at the places
        of the lab's hosts, so that ss, netstat and portolan list them. They are those of the step that --at names, when it shows its last
        table; without --at, of the last step that leaves a connection open. --on names another host; portolan lab enter NAME HOST opens a
        shell there from another terminal. A lab whose file has a vantage runs the command there, and opens sockets with --at only.
        TIME-WAIT ends after a minute, as in any kernel.

        A capture has an interface for each network, and each packet once: those of a socket pair as they cross the network of the client.
        What was lost is there too; its comment says on which network or link. A router that translates addresses sends another packet,
        which is there too. So Wireshark marks no retransmissions but those that there were. With --pcap - the capture goes to stdout, and
        all else that would go there to stderr, what the command prints too.

        Without a command a lab that names a scenario plays it: step by step a sentence, the packets as a ladder, the sockets, and whether what
        is claimed is so. Its time is virtual, so that minutes of waiting take none, and it needs no namespaces. A lab without a scenario runs until
        Ctrl-C; portolan lab enter opens a shell in it from another terminal.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab run office -- curl https://web/", "a client of a web server with a certificate"),
        new("portolan lab run office --pcap office.pcapng -- nmap -sS 198.18.0.0/24", "a scan, and all its packets"),
        new("portolan lab run states --at 7 -- netstat -atn", "the sockets that a step of a scenario leaves open"),
        new("portolan lab run two-browsers --at 2 --on site1 -- ss -tan", "the same, at another host"),
        new("portolan lab run my-lab.yaml -- bash", "a shell in a lab of your own"),
        new("portolan lab run two-browsers", "a scenario, played and checked"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the command ended with 0, otherwise with its own exit status; of a scenario, all that it claims is so"),
        new(ExitCode.NothingFound, "of a scenario: something that it claims is not so"),
        new(ExitCode.Usage, "the command line is wrong, or the lab's file; nothing was done"),
        new(ExitCode.Failed, "failed"),
        new(ExitCode.NoPrivilege, "this user may not make namespaces here"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab enter", "lab exec", "lab show", "lab score", "scan"];

    /// <inheritdoc/>
    public override Advice? Remedy(string name) =>
        name.Length > 1 && name[1] != '-'
            ? Advice.Of($"write -- before the command, so that its options are its own: portolan lab run office -- nmap -sS 198.18.0.0/24")
            : null;

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.scenario/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var command = parsed.GetValue(_command)!;
        if (command.Length > 0 && !context.Arguments.Contains("--"))
        {
            throw new PortolanException(
                $"unexpected word '{command[0]}'",
                $"write -- before the command: portolan lab run {parsed.GetValue(Topology)} -- {Advice.Words(command)}", ExitCode.Usage);
        }

        if (command is ["", ..])
        {
            throw new PortolanException("the command behind -- is empty", $"name a program, such as -- curl http://web/", ExitCode.Usage);
        }

        if (command.Length > 0 && context.Json)
        {
            throw new PortolanException(
                "--json is for scenarios, and what is printed here is the command's",
                $"leave --json out, or the command: then the lab plays its scenario", ExitCode.Usage);
        }

        var (step, place) = (ReadStep(parsed.GetValue(_step), parsed.GetValue(Topology)!), parsed.GetValue(_place));
        if (command.Length == 0 && (step is not null || place is not null))
        {
            throw new PortolanException(
                $"{(step is null ? "--on names a host" : "--at opens sockets")} for a command, and there is no command",
                $"write it behind --: portolan lab run {parsed.GetValue(Topology)} --at STEP --on HOST -- ss -tan", ExitCode.Usage);
        }

        if (place == "")
        {
            throw new PortolanException(
                "the name behind --on is empty", $"portolan lab show {parsed.GetValue(Topology)} lists the hosts", ExitCode.Usage);
        }

        var (capture, host, network, all) = (parsed.GetValue(_capture), parsed.GetValue(_captureHost), parsed.GetValue(_captureNetwork),
            parsed.GetValue(_captureAll));
        CheckCapture(capture, host, network, all, context.Json);
        return context.BecomeServer(About(LabAction.Run, parsed, context) with
        {
            HoldsLesson = command.Length > 0,
            Step = step,
            Place = place,
            Seed = ReadSeed(parsed.GetValue(_seed)),
            Capture = capture,
            CaptureHost = host,
            CaptureNetwork = network,
            CapturesAll = all,
            AllowsExec = parsed.GetValue(_allowExec),
            Command = command,
            Colors = command.Length == 0 && context.OutputColor,
        });
    }

    private static void CheckCapture(string? capture, string? host, string? network, bool all, bool json)
    {
        (string Name, bool IsSet)[] options = [
            ("--pcap-host", host is not null), ("--pcap-network", network is not null), ("--pcap-all", all)];
        string[] views = [.. options.Where(static o => o.IsSet).Select(static o => o.Name)];
        if (views.Length > 0 && capture is null)
        {
            throw new PortolanException(
                $"{views[0]} says which packets --pcap writes, and there is no --pcap", $"add --pcap FILE", ExitCode.Usage);
        }

        if (views.Length > 1)
        {
            throw new PortolanException($"{string.Join(" and ", views)} cannot be used together", $"leave all but one out", ExitCode.Usage);
        }

        if (capture == "" || host == "" || network == "")
        {
            throw new PortolanException(
                $"the name behind {(capture == "" ? "--pcap" : views[0])} is empty", $"run portolan help lab run", ExitCode.Usage);
        }

        if (capture == LabInvocation.StandardOutput && json)
        {
            throw new PortolanException(
                "--json and --pcap - both write to standard output", $"write the capture into a file: --pcap FILE", ExitCode.Usage);
        }
    }

    private static int? ReadStep(string? text, string lab) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step
        : throw new PortolanException(
            $"--at takes the number of a step, not '{text}'", $"portolan lab run {lab} plays the scenario and numbers its steps",
            ExitCode.Usage);

    private static ulong? ReadSeed(string? text) =>
        text is null ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed
        : throw new PortolanException(
            $"--seed must be a whole number from 0 to {ulong.MaxValue}, not '{text}'", $"run portolan help lab run", ExitCode.Usage);
}
