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
            "the program to run in the lab and its arguments, after --; without it the lab's scenario is played, or "
                + "the lab runs until Ctrl-C",
        HelpName = "COMMAND",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _step = new("--at")
    {
        Description =
            "with a command: keep the sockets of this scenario step open (default: the last step that leaves a connection)",
        HelpName = "STEP",
    };

    private readonly Option<string?> _place = new("--on")
    {
        Description = "with a command: the host whose place it takes; vantage for the place outside the lab's hosts",
        HelpName = "HOST",
    };

    private readonly Option<string?> _seed = new("--seed")
    {
        Description = "the seed of all randomness: loss, jitter, ports that open and close",
        HelpName = "N",
    };

    private readonly Option<string?> _capture = new("--pcap")
    {
        Description = "write each packet once to FILE as pcapng, with a comment on its outcome; - is stdout",
        HelpName = "FILE",
    };

    private readonly Option<string?> _captureHost = new("--pcap-host")
    {
        Description = "with --pcap: the packets of one host; vantage is the place of the command",
        HelpName = "NAME",
    };

    private readonly Option<string?> _captureNetwork = new("--pcap-network")
    {
        Description = "with --pcap: the packets on one network, or one link, named FIRST-SECOND",
        HelpName = "NAME",
    };

    private readonly Option<bool> _captureAll =
        new("--pcap-all") { Description = "with --pcap: record each packet on every network it crosses, instead of once" };

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
        The command has its output, terminal and signals as if it ran by itself, and its exit status is this command's: 128 plus the
        signal number if a signal ended it. It runs as root in namespaces of the lab (users, network, mounts, processes), so nmap -sS and
        tcpdump work without privilege, and the files it writes belong to the caller. It sees only the interface lab0, with routes to the
        lab's networks. /etc/hosts and /etc/resolv.conf are the lab's, so its names resolve, and the certificate of its authority is
        trusted: PORTOLAN_LAB_CA, SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE and NODE_EXTRA_CA_CERTS name the file. PORTOLAN_LAB
        names the socket for portolan list --lab.

        When the command ends, all processes it left running end too, and nothing remains: no interface, no mount, no file. This holds for
        any end of the lab, even SIGKILL.

        In a scenario's lab the command runs on a host of the lesson while the lesson's sockets are open: real kernel sockets at the
        places of the lab's hosts, so ss, netstat and portolan list them. They are the sockets at the last table of the step that --at
        names; without --at, of the last step that leaves a connection open. --on names another host; portolan lab enter NAME HOST opens a
        shell there from another terminal. A lab file with a vantage runs the command there, and opens sockets only with --at. TIME-WAIT
        ends after a minute, as in any kernel.

        A capture has one interface per network, and each packet once: packets of a socket pair as they cross the client's network. Lost
        packets are included; a comment names the network or link. A router that translates addresses sends a new packet, which is
        included too. Thus Wireshark marks only real retransmissions. With --pcap - the capture goes to stdout, and all other output to
        stderr, the command's own output too.

        Without a command, a lab with a scenario plays it: for each step a sentence, the packets as a ladder, the sockets, and whether
        each claim is true. Its time is virtual, so minutes of waiting take none, and it needs no namespaces. A lab without a scenario
        runs until Ctrl-C; portolan lab enter opens a shell in it from another terminal.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab run office -- curl https://web/", "a client of a web server with a certificate"),
        new("portolan lab run office --pcap office.pcapng -- nmap -sS 198.18.0.0/24", "a scan, and all its packets"),
        new("portolan lab run states --at 7 -- netstat -atn", "the sockets that a scenario step leaves open"),
        new("portolan lab run two-browsers --at 2 --on site1 -- ss -tan", "the same, at another host"),
        new("portolan lab run my-lab.yaml -- bash", "a shell in a lab of your own"),
        new("portolan lab run two-browsers", "a scenario, played and checked"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the command ended with 0, otherwise its own exit status; for a scenario: all claims are true"),
        new(ExitCode.NothingFound, "for a scenario: a claim is false"),
        new(ExitCode.Usage, "the command line or the lab file is wrong; nothing was done"),
        new(ExitCode.Failed, "failed"),
        new(ExitCode.NoPrivilege, "this user may not create namespaces"),
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
            throw new PortolanException("the command after -- is empty", $"give a program, e.g. -- curl http://web/", ExitCode.Usage);
        }

        if (command.Length > 0 && context.Json)
        {
            throw new PortolanException(
                "--json is for scenarios; here the output is the command's",
                $"leave out --json, or leave out the command to play the scenario", ExitCode.Usage);
        }

        var (step, place) = (ReadStep(parsed.GetValue(_step), parsed.GetValue(Topology)!), parsed.GetValue(_place));
        if (command.Length == 0 && (step is not null || place is not null))
        {
            throw new PortolanException(
                $"{(step is null ? "--on names a host" : "--at opens sockets")} for a command, but no command was given",
                $"write it after --: portolan lab run {parsed.GetValue(Topology)} --at STEP --on HOST -- ss -tan", ExitCode.Usage);
        }

        if (place == "")
        {
            throw new PortolanException(
                "the name after --on is empty", $"portolan lab show {parsed.GetValue(Topology)} lists the hosts", ExitCode.Usage);
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
                $"{views[0]} needs --pcap", $"add --pcap FILE", ExitCode.Usage);
        }

        if (views.Length > 1)
        {
            throw new PortolanException($"{string.Join(" and ", views)} cannot be used together", $"leave all but one out", ExitCode.Usage);
        }

        if (capture == "" || host == "" || network == "")
        {
            throw new PortolanException(
                $"the name after {(capture == "" ? "--pcap" : views[0])} is empty", $"run portolan help lab run", ExitCode.Usage);
        }

        if (capture == LabInvocation.StandardOutput && json)
        {
            throw new PortolanException(
                "--json and --pcap - both write to standard output", $"write the capture to a file: --pcap FILE", ExitCode.Usage);
        }
    }

    private static int? ReadStep(string? text, string lab) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step
        : throw new PortolanException(
            $"--at takes a step number, not '{text}'", $"portolan lab run {lab} plays the scenario and numbers its steps",
            ExitCode.Usage);

    private static ulong? ReadSeed(string? text) =>
        text is null ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed
        : throw new PortolanException(
            $"--seed must be a whole number from 0 to {ulong.MaxValue}, not '{text}'", $"run portolan help lab run", ExitCode.Usage);
}
