using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Machine;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Scratch;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Support;

/// <summary>Runs a command line in this process, with streams, environment and acquirers of the test's own.</summary>
internal sealed class TestConsole
{
    private readonly MemoryStream _output = new();
    private readonly StringWriter _error = new();

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public string Input { get; init; } = "";

    public bool OutputIsTerminal { get; init; }

    public bool InputIsTerminal { get; init; }

    /// <summary>The keys that are pressed, or <c>null</c>.</summary>
    public ITerminalKeys? Keys { get; set; }

    /// <summary>What engines say of their containers, or <c>null</c> where none may be asked.</summary>
    public IContainerNames? Containers { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>The width of the terminal that stderr is, or <c>null</c>.</summary>
    public int? ErrorWidth { get; init; }

    public int? OutputWidth { get; init; }

    public ISocketSource? Sockets { get; init; }

    public IOwnerFinder? Owners { get; init; }

    public ProcessReader? Processes { get; init; }

    public IAddressNameResolver? Resolver { get; init; }

    public IScanMachine? ScanMachine { get; init; }

    public KernelSettings Settings { get; init; } = new();

    public IBindReferee? Binds { get; init; }

    /// <summary>How many other network namespaces there are.</summary>
    public int? OtherNamespaces { get; init; } = 0;

    /// <summary>How many sockets the kernel says there are.</summary>
    public long? SocketCount { get; init; }

    /// <summary>The firewall's rules, or that they may not be read.</summary>
    public RulesetReading? Rules { get; init; }

    /// <summary>Interfaces, addresses and routes.</summary>
    public HostFacts? Host { get; init; }

    /// <summary>The judge of rules.</summary>
    public Func<Ruleset, HostFacts, Judgement>? MakeJudge { get; init; }

    /// <summary>What runs in a scratch namespace.</summary>
    public Func<ScratchProgram>? OpenScratch { get; set; }

    /// <summary>Reads rules and routing of another network namespace.</summary>
    public Func<NetworkNamespace, CancellationToken, FirewallReading>? ReadFirewallOf { get; set; }

    /// <summary>What is called where the program would become portolan-server.</summary>
    public Func<ServerInvocation, ExitCode> BecomeServer { get; init; } = static _ =>
        throw new InvalidOperationException("no server was given");

    /// <summary>Makes what finds why processes run.</summary>
    public Func<Machine, OriginFinder>? Origins { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public string Output => Encoding.UTF8.GetString(_output.ToArray());

    public string Error => _error.ToString();

    public int Run(params string[] args)
    {
        using var context = Context();
        return CommandRunner.Run(args, context);
    }

    public CommandContext Context()
    {
        CommandContext? context = null;
        return context = new()
        {
            Output = _output,
            OpenError = () => _error,
            OpenInput = () => new StringReader(Input),
            BecomeServer = BecomeServer,
            OpenInputBytes = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            OpenScanMachine = () => ScanMachine ?? throw new InvalidOperationException("this test gave no machine to scan from"),
            OutputIsTerminal = OutputIsTerminal,
            InputIsTerminal = InputIsTerminal,
            OpenKeys = () => Keys,
            ErrorIsTerminal = ErrorIsTerminal,
            ReadErrorWidth = () => ErrorWidth,
            OutputWidth = OutputWidth,
            Environment = name => Environment.GetValueOrDefault(name),
            Clock = Clock,
            Machine = Machine(() => context!.LoadServices()),
        };
    }

    private Machine Machine(Func<ServiceRegistry> services) => new()
    {
        OpenServices = services,
        OpenSockets = () => Sockets ?? throw new InvalidOperationException("this test gave no sockets"),
        OpenOwners = () => Owners ?? throw new InvalidOperationException("this test gave no owners"),
        OpenProcesses = () => Processes ?? throw new InvalidOperationException("this test gave no processes"),
        OpenRules = () => Rules ?? throw new InvalidOperationException("this test gave no rules"),
        OpenHostFacts = Host is null ? null : () => Host,
        MakeJudge = MakeJudge,
        OpenScratch = OpenScratch,
        ReadFirewallOf = (space, stop) => ReadFirewallOf?.Invoke(space, stop)
            ?? FirewallReading.Unasked,
        OpenResolver = () => Resolver ?? throw new InvalidOperationException("this test gave no resolver"),
        OpenContainers = Containers is null ? null : () => Containers,
        OpenSettings = () => Settings,
        CountOtherNamespaces = _ => OtherNamespaces,
        CountSockets = () => SocketCount,
        OpenOrigins = Origins,
        OpenBinds = () => Binds ?? throw new InvalidOperationException("this test gave no judge of binds"),
        Environment = name => Environment.GetValueOrDefault(name),
        Clock = Clock,
    };
}
