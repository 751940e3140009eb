using Portolan.Cli.Changing;
using Portolan.Cli.Identifying;
using Portolan.Cli.Output;
using Portolan.Cli.Scanning.Machine;
using Portolan.Cli.Serving;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Proc;
using Portolan.Linux.Routing;
using Portolan.Linux.Scratch;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Model.Registry;
using Portolan.Packets.Links;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Explaining.Unseen;
using Portolan.Reachability.Judging;
using Portolan.Scan.Checking;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Hosting;

/// <summary>Everything a command may touch: its streams, the clock, the environment and the acquirers. Tests pass their own.</summary>
/// <remarks>
/// Whatever costs time is made when it is first asked for. So is what makes it: forty delegates of forty types lie all over the program's
/// image, and each is a page fault at every start.
/// </remarks>
public sealed class CommandContext : IDisposable
{
    // Whether what was not given is this machine's own, and not nothing.
    private bool IsThisMachine { get; init; }

    /// <summary>
    /// stdout, unbuffered: data only. Write through <see cref="Writer"/>, or a JSON writer of your own, not both at once.
    /// </summary>
    public required Stream Output { get; init; }

    /// <summary>Makes <see cref="Error"/>.</summary>
    public required Func<TextWriter> OpenError { get; init; }

    /// <summary>Makes <see cref="Input"/>.</summary>
    public required Func<TextReader> OpenInput { get; init; }

    /// <summary>Opens stdin as bytes. Read that or <see cref="Input"/>, not both.</summary>
    public Func<Stream> OpenInputBytes
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Input : static () => Stream.Null;
        init;
    }

    /// <summary>Makes the source of sockets; the kernel, or a recording.</summary>
    public Func<ISocketSource>? OpenSockets
    {
        get => field ??= IsThisMachine ? static () => new KernelSocketSource() : null;
        init;
    }

    /// <summary>Makes the finder of owners.</summary>
    public Func<IOwnerFinder>? OpenOwners
    {
        get => field ??= IsThisMachine ? () => new OwnerFinder(Processes) : null;
        init;
    }

    /// <summary>Makes the reader of processes.</summary>
    public Func<ProcessReader>? OpenProcesses
    {
        get => field ??= IsThisMachine ? static () => new ProcessReader() : null;
        init;
    }

    /// <summary>
    /// Makes the registry of services; <c>null</c> for the user's own at <see cref="RegistryPath"/>, or else the built-in one.
    /// </summary>
    public Func<ServiceRegistry>? OpenServices { get; init; }

    /// <summary>Reads the kernel's settings about ports.</summary>
    public Func<KernelSettings> OpenSettings
    {
        get => field ??= IsThisMachine ? static () => KernelSettings.Read() : static () => new KernelSettings();
        init;
    }

    /// <summary>Makes the judge of binds.</summary>
    public Func<IBindReferee>? OpenBinds
    {
        get => field ??= IsThisMachine ? static () => new KernelBindReferee() : null;
        init;
    }

    /// <summary>Makes the names of users.</summary>
    public Func<UserNames> OpenUsers
    {
        get => field ??= IsThisMachine ? static () => new UserNames() : static () => new UserNames("/dev/null");
        init;
    }

    /// <summary>Makes what finds the packages of program files.</summary>
    public Func<PackageFiles> OpenPackages
    {
        get => field ??= IsThisMachine ? static () => new PackageFiles() : static () => new PackageFiles("/nonexistent");
        init;
    }

    /// <summary>Makes sockets that reach services of this host and no other, in a network namespace of it.</summary>
    public Func<NetworkNamespace, ICheckSockets>? OpenLocalSockets
    {
        get => field ??= IsThisMachine ? static space => LocalSockets.In(space, TimeProvider.System) : null;
        init;
    }

    /// <summary>Reads the indexes of network interfaces by name.</summary>
    public Func<IReadOnlyDictionary<string, int>> ReadInterfaces
    {
        get => field ??= IsThisMachine
            ? MachineFilterNames.ReadInterfaces
            : static () => new Dictionary<string, int>(StringComparer.Ordinal);
        init;
    }

    /// <summary>Counts the network namespaces besides the own one; <c>null</c> when that cannot be learned.</summary>
    public Func<CancellationToken, int?> CountOtherNamespaces
    {
        get => field ??= IsThisMachine ? CountNamespaces : static _ => 0;
        init;
    }

    /// <summary>How many TCP and UDP sockets there are, without reading them; <c>null</c> when that cannot be learned.</summary>
    public Func<long?> CountSockets
    {
        get => field ??= IsThisMachine ? static () => SocketCount.Read() : static () => null;
        init;
    }

    /// <summary>Counts the TCP sockets of all network namespaces.</summary>
    public Func<long?> CountTcpSockets
    {
        get => field ??= IsThisMachine ? static () => SocketCount.OfMachine() : static () => null;
        init;
    }

    /// <summary>At which addresses of this host a connect to a TCP port is accepted.</summary>
    public Func<PortNumber, IEnumerable<InternetAddress>, IReadOnlyList<System.Net.IPEndPoint>> FindAnswering
    {
        get => field ??= IsThisMachine
            ? static (port, addresses) =>
                Portolan.Sockets.Stopping.ConnectTrial.Answering(port, addresses, TimeSpan.FromMilliseconds(500))
            : static (_, _) => [];
        init;
    }

    /// <summary>Makes the names of containers.</summary>
    public Func<IContainerNames>? OpenContainers
    {
        get => field ??= IsThisMachine ? static () => RuntimeContainers.OfThisMachine() : null;
        init;
    }

    /// <summary>Makes what finds why processes run; <c>null</c> where that is not looked for.</summary>
    public Func<CommandContext, OriginFinder>? OpenOrigins
    {
        get => field ??= IsThisMachine
            ? static machine => new OriginFinder(
                machine.Processes.Environment, machine.Users.Name, container => machine.Containers?.Origin(container))
            : null;
        init;
    }

    /// <summary>Makes the paths of control groups.</summary>
    public Func<CgroupPaths>? OpenCgroups
    {
        get => field ??= IsThisMachine ? static () => new CgroupPaths() : null;
        init;
    }

    /// <summary>Makes the resolver of addresses.</summary>
    public Func<INameResolver>? OpenResolver
    {
        get => field ??= IsThisMachine ? static () => new SystemNameResolver() : null;
        init;
    }

    /// <summary>Makes the network: routes, neighbours, links.</summary>
    public Func<INetwork>? OpenNetwork
    {
        get => field ??= IsThisMachine ? static () => new KernelNetwork(TimeProvider.System) : null;
        init;
    }

    /// <summary>Makes what a scan needs of the machine.</summary>
    internal Func<IScanMachine>? OpenScanMachine
    {
        get => field ??= IsThisMachine ? static () => new KernelScanMachine(TimeProvider.System) : null;
        init;
    }

    /// <summary>Reads the firewall's rules; the kernel's, or a recording.</summary>
    public Func<RulesetReading>? OpenRules
    {
        get => field ??= IsThisMachine ? Timed("read rules", static () => KernelRules.Read(CancellationToken.None)) : null;
        init;
    }

    /// <summary>Reads interfaces, addresses and routes; the kernel's, or a recording.</summary>
    public Func<HostFacts>? OpenHostFacts
    {
        get => field ??= IsThisMachine ? Timed("read host", static () => KernelFirewall.ReadHost(CancellationToken.None)) : null;
        init;
    }

    /// <summary>Reads rules and routing of another network namespace.</summary>
    public Func<NetworkNamespace, CancellationToken, FirewallReading> ReadFirewallOf
    {
        get => field ??= IsThisMachine
            ? KernelFirewall.ReadIn
            : static (_, _) => FirewallReading.Unasked;
        init;
    }

    /// <summary>Names the program that runs inside a scratch namespace; <c>null</c> where none can be made.</summary>
    public Func<ScratchProgram>? OpenScratch
    {
        get => field ??= IsThisMachine ? static () => ScratchProgram.Itself(["replay"], System.Environment.GetEnvironmentVariable) : null;
        init;
    }

    /// <summary>Reads the kernel's counters of packets lost inside.</summary>
    public Func<NetworkCounters> ReadCounters
    {
        get => field ??= IsThisMachine ? static () => ReadCountersOf("/proc/thread-self/net/netstat") : static () => new NetworkCounters();
        init;
    }

    /// <summary>Makes what looks for layers that no rule shows.</summary>
    public Func<HostFacts?, UnseenLayers> OpenUnseen
    {
        get => field ??= static host => new UnseenLayers(host, "/");
        init;
    }

    /// <summary>Where control groups are mounted, or <c>null</c>.</summary>
    public string? CgroupMount => field ??= OpenCgroups is null ? null : CgroupTree.FindMount();

    /// <summary>Makes the judge of rules.</summary>
    public Func<Ruleset, HostFacts, Judgement>? MakeJudge
    {
        get => field ??= IsThisMachine ? Timed(static (rules, host) => new FlowJudge(rules, host).Judge) : null;
        init;
    }

    /// <summary>Makes what changes of rules need of the machine; <c>null</c> for this machine.</summary>
    internal Func<ChangeMachine>? OpenChangeMachine { get; init; }

    /// <summary>Becomes the program <c>portolan-server</c>, and does not come back.</summary>
    public Func<LabInvocation, ExitCode> BecomeServer
    {
        get => field ??= IsThisMachine
            ? static invocation => ServerProgram.Become(invocation)
            : static _ => throw new InvalidOperationException("no server was given");
        init;
    }

    /// <summary>Where the time goes, when somebody measures.</summary>
    internal PhaseTimes? Times { get; init; }

    /// <summary>stderr: progress, warnings, hints.</summary>
    public TextWriter Error => field ??= OpenError();

    /// <summary>stdin, for confirmations.</summary>
    public TextReader Input => field ??= OpenInput();

    /// <summary>The sockets of this machine.</summary>
    public ISocketSource Sockets => field ??= (OpenSockets ?? throw new InvalidOperationException("no source of sockets was given"))();

    /// <summary>Who holds them.</summary>
    public IOwnerFinder Owners => field ??= (OpenOwners ?? throw new InvalidOperationException("no finder of owners was given"))();

    /// <summary>What /proc says of processes.</summary>
    public ProcessReader Processes =>
        field ??= (OpenProcesses ?? throw new InvalidOperationException("no reader of processes was given"))();

    /// <summary>The packages of program files.</summary>
    public PackageFiles Packages => field ??= OpenPackages();

    /// <summary>The names of ports.</summary>
    public ServiceRegistry Services => field ??= OpenServices is null ? LoadServices() : OpenServices();

    /// <summary>Where this user's registry is, if there is one; <c>null</c> when the environment names no home.</summary>
    public string? RegistryPath => UserRegistry.PathFor(Environment("XDG_DATA_HOME"), Environment("HOME"));

    /// <summary>Which ports are ephemeral, reserved and privileged here.</summary>
    public KernelSettings Settings => field ??= OpenSettings();

    /// <summary>Tries binds.</summary>
    public IBindReferee Binds => field ??= (OpenBinds ?? throw new InvalidOperationException("no judge of binds was given"))();

    /// <summary>Names of users.</summary>
    public UserNames Users => field ??= OpenUsers();

    /// <summary>Names of containers; <c>null</c> where no runtime may be asked.</summary>
    public IContainerNames? Containers => field ??= OpenContainers?.Invoke();

    /// <summary>Why processes run; <c>null</c> where that is not looked for.</summary>
    public OriginFinder? Origins => field ??= OpenOrigins?.Invoke(this);

    /// <summary>Paths of control groups, or <c>null</c> when they are not to be looked up.</summary>
    public CgroupPaths? Cgroups => field ??= OpenCgroups?.Invoke();

    /// <summary>Names of addresses.</summary>
    public INameResolver Resolver =>
        field ??= (OpenResolver ?? throw new InvalidOperationException("no resolver of addresses was given"))();

    /// <summary>Routes, neighbours and links; <c>null</c> where there is no such source.</summary>
    public INetwork? Network => field ??= OpenNetwork?.Invoke();

    /// <summary>The firewall's rules, read once, or that they may not be read.</summary>
    public RulesetReading RulesReading => field ??= (OpenRules ?? throw new InvalidOperationException("no source of rules was given"))();

    /// <summary>The firewall's rules, read once.</summary>
    /// <exception cref="PortolanException">They may not be read; the hint says what to run.</exception>
    public Ruleset Rules => RulesReading.Require();

    /// <summary>What verdicts rest on: the rules and the routing of this network namespace.</summary>
    public FirewallReading Firewall => field ??= OpenRules is null || OpenHostFacts is null
        ? FirewallReading.Unasked
        : FirewallReading.Of(RulesReading, OpenHostFacts());

    /// <summary>The same, read anew: after something was changed.</summary>
    public FirewallReading ReadFirewallAgain() =>
        OpenRules is null || OpenHostFacts is null ? Firewall : FirewallReading.Of(OpenRules(), OpenHostFacts());

    /// <summary>What changes of rules need of the machine.</summary>
    internal ChangeMachine ChangeMachine => field ??= OpenChangeMachine?.Invoke() ?? ChangeMachine.OfThisMachine(this);

    /// <summary>Whether stdout is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether stderr is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether stdin is a terminal.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// To be called before work that must not be cut short: from then on Ctrl-C and SIGTERM cancel the command's token, where
    /// they would end the process at once.
    /// </summary>
    public Action EndInOrder { get; set; } = static () => { };

    /// <summary>The same for a command that may take longer to end in order than others: so long.</summary>
    public Action<TimeSpan> EndInOrderWithin { get; set; } = static _ => { };

    /// <summary>
    /// A second Ctrl-C or SIGTERM has something done, on another thread, where it would end the process at once: the command then ends
    /// without waiting.
    /// </summary>
    public Action<Action> OnSecondSignal { get; set; } = static _ => { };

    /// <summary>From then on SIGHUP has something done, and ends nothing any more: what is to be done is told on another thread.</summary>
    public Action<Action> OnHangUp { get; set; } = static _ => { };

    /// <summary>The command line as it was typed, the program's name first.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = ["portolan"];

    /// <summary>Whether <c>--json</c> was given.</summary>
    public bool Json { get; set; }

    /// <summary>Whether <c>--debug</c> was given.</summary>
    public bool Debug { get; set; }

    /// <summary>What <c>--color</c> says.</summary>
    public ColorMode ColorMode { get; set; }

    /// <summary>
    /// A buffered writer of text for people in front of <see cref="Output"/>, in what their locale can show; flushed when the command has
    /// run.
    /// </summary>
    public Utf8Writer Writer => field ??= new Utf8Writer(Marks.Over(Output, Environment));

    /// <summary>Whether that text is in ASCII.</summary>
    public MarkChoice Marks { get; init; } = new();

    /// <summary>The terminal's width in columns, or <c>null</c> when stdout is no terminal: then nothing is cut.</summary>
    public int? OutputWidth { get; init; }

    /// <summary>Reads the size of the terminal that stdout is, as it is now; <c>null</c> when nobody knows.</summary>
    public Func<(int Columns, int Rows)?> ReadOutputSize
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Output.TerminalSize : static () => null;
        init;
    }

    /// <summary>Reads the width of the terminal that stderr is, in columns, as it is now; <c>null</c> when nobody knows.</summary>
    public Func<int?> ReadErrorWidth
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Error.TerminalColumns : static () => null;
        init;
    }

    /// <summary>Begins to look at keys pressed on stdin; <c>null</c> where there are none to see.</summary>
    public Func<ITerminalKeys?> OpenKeys
    {
        get => field ??= IsThisMachine ? static () => TerminalKeys.Open() : static () => null;
        init;
    }

    /// <summary>Whether stdout gets colour.</summary>
    public bool OutputColor => AnsiStyles.Enabled(ColorMode, OutputIsTerminal, Environment);

    private const int LeastWidth = 20;

    private const int MostWidth = 10_000;

    /// <summary>The real console and kernel.</summary>
    public static CommandContext FromConsole()
    {
        StandardStream.OccupyClosed();
        var output = StandardStream.Output;
        var marks = new MarkChoice();
        var isTerminal = output.IsTerminal;
        return new()
        {
            Output = output,
            Marks = marks,
            OpenError = () => new StreamWriter(marks.Over(StandardStream.Error, System.Environment.GetEnvironmentVariable))
            {
                AutoFlush = true,
                NewLine = "\n",
            },
            OpenInput = static () => new StreamReader(StandardStream.Input),
            IsThisMachine = true,
            Times = PhaseTimes.FromEnvironment(System.Environment.GetEnvironmentVariable),
            OutputIsTerminal = isTerminal,
            OutputWidth = WidthOf(System.Environment.GetEnvironmentVariable("PORTOLAN_COLUMNS"))
                ?? (isTerminal ? output.TerminalColumns ?? 80 : null),
            ErrorIsTerminal = StandardStream.Error.IsTerminal,
            InputIsTerminal = StandardStream.Input.IsTerminal,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>Hands everything written so far to stdout.</summary>
    public void Flush()
    {
        Writer.Flush();
        Output.Flush();
    }

    private Func<T> Timed<T>(string work, Func<T> read) => Times?.Of(work, read) ?? read;

    private Func<Ruleset, HostFacts, Judgement> Timed(Func<Ruleset, HostFacts, Judgement> make) => Times?.Of(make) ?? make;

    /// <summary>The width that was asked for, whatever stdout is: for pages and mails; <c>null</c> for what is none.</summary>
    private static int? WidthOf(string? text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var width)
            && width is >= LeastWidth and <= MostWidth ? width : null;

    private static NetworkCounters ReadCountersOf(string path)
    {
        try
        {
            return NetworkCounters.Parse(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new NetworkCounters();
        }
    }

    private static int? CountNamespaces(CancellationToken cancellationToken)
    {
        try
        {
            return NetworkNamespaceFinder.CountOthers("/proc", cancellationToken);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Times?.Write(Error);
        Output.Dispose();
    }

    // Names are worth less than the command's work: a damaged file is said once and the built-in names are shown.
    private ServiceRegistry LoadServices()
    {
        var services = UserRegistry.Load(RegistryPath, out var problem);
        if (problem is not null)
        {
            Error.WriteLine($"portolan: {TerminalText.Escape(RegistryPath!)} is ignored and the built-in registry used: {TerminalText.Escape(problem)}");
            Error.WriteLine(Advice.Of($"run portolan port --update FILE with a new copy, or portolan port --forget").ToHint());
        }

        return services;
    }
}
