using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Replay;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Proc;
using Portolan.Linux.Routing;
using Portolan.Linux.Scratch;
using Portolan.Model.Registry;
using Portolan.Packets.Links;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Explaining.Unseen;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Reachability.Composing;

/// <summary>
/// The acquirers of one machine: its sockets, their owners, its rules, its settings. What programs show is composed from them; tests pass
/// their own.
/// </summary>
/// <remarks>
/// Whatever costs time is made when it is first asked for. So is what makes it: forty delegates of forty types lie all over the program's
/// image, and each is a page fault at every start. For one thread at a time.
/// </remarks>
public sealed class Machine
{
    /// <summary>Whether what is not given is this host's own, and not nothing.</summary>
    public bool IsThisHost { get; init; }

    /// <summary>Reads an environment variable of the program.</summary>
    public Func<string, string?> Environment { get; init; } = static _ => null;

    /// <summary>The source of all times and timers.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes the source of sockets; the kernel, or a recording.</summary>
    public Func<ISocketSource>? OpenSockets
    {
        get => field ??= IsThisHost ? static () => new KernelSocketSource() : null;
        init;
    }

    /// <summary>Makes the finder of owners.</summary>
    public Func<IOwnerFinder>? OpenOwners
    {
        get => field ??= IsThisHost ? () => new OwnerFinder(Processes) : null;
        init;
    }

    /// <summary>Makes the reader of processes.</summary>
    public Func<ProcessReader>? OpenProcesses
    {
        get => field ??= IsThisHost ? static () => new ProcessReader() : null;
        init;
    }

    /// <summary>Makes the registry of services; <c>null</c> for the built-in one.</summary>
    public Func<ServiceRegistry>? OpenServices { get; init; }

    /// <summary>Reads the kernel's settings about ports.</summary>
    public Func<KernelSettings> OpenSettings
    {
        get => field ??= IsThisHost ? static () => KernelSettings.Read() : static () => new KernelSettings();
        init;
    }

    /// <summary>Makes the judge of binds.</summary>
    public Func<IBindReferee>? OpenBinds
    {
        get => field ??= IsThisHost ? static () => new KernelBindReferee() : null;
        init;
    }

    /// <summary>Makes the names of users.</summary>
    public Func<UserNames> OpenUsers
    {
        get => field ??= IsThisHost ? static () => new UserNames() : static () => new UserNames("/dev/null");
        init;
    }

    /// <summary>Makes what finds the packages of program files.</summary>
    public Func<PackageFiles> OpenPackages
    {
        get => field ??= IsThisHost ? static () => new PackageFiles() : static () => new PackageFiles("/nonexistent");
        init;
    }

    /// <summary>Reads the indexes of network interfaces by name.</summary>
    public Func<IReadOnlyDictionary<string, int>> ReadInterfaces
    {
        get => field ??= IsThisHost
            ? MachineFilterNames.ReadInterfaces
            : static () => new Dictionary<string, int>(StringComparer.Ordinal);
        init;
    }

    /// <summary>Counts the network namespaces besides the own one; <c>null</c> when that cannot be learned.</summary>
    public Func<CancellationToken, int?> CountOtherNamespaces
    {
        get => field ??= IsThisHost ? CountNamespaces : static _ => 0;
        init;
    }

    /// <summary>How many TCP and UDP sockets there are, without reading them; <c>null</c> when that cannot be learned.</summary>
    public Func<long?> CountSockets
    {
        get => field ??= IsThisHost ? static () => SocketCount.Read() : static () => null;
        init;
    }

    /// <summary>Counts the TCP sockets of all network namespaces.</summary>
    public Func<long?> CountTcpSockets
    {
        get => field ??= IsThisHost ? static () => SocketCount.OfMachine() : static () => null;
        init;
    }

    /// <summary>At which addresses of this host a connect to a TCP port is accepted.</summary>
    public Func<PortNumber, IEnumerable<InternetAddress>, IReadOnlyList<System.Net.IPEndPoint>> FindAnswering
    {
        get => field ??= IsThisHost
            ? static (port, addresses) =>
                ConnectTrial.Answering(port, addresses, TimeSpan.FromMilliseconds(500))
            : static (_, _) => [];
        init;
    }

    /// <summary>Makes the names of containers.</summary>
    public Func<IContainerNames>? OpenContainers
    {
        get => field ??= IsThisHost ? static () => RuntimeContainers.OfThisMachine() : null;
        init;
    }

    /// <summary>Makes what finds why processes run; <c>null</c> where that is not looked for.</summary>
    public Func<Machine, OriginFinder>? OpenOrigins
    {
        get => field ??= IsThisHost
            ? static machine => new OriginFinder(
                machine.Processes.Environment, machine.Users.Name, container => machine.Containers?.Origin(container))
            : null;
        init;
    }

    /// <summary>Makes the paths of control groups.</summary>
    public Func<CgroupPaths>? OpenCgroups
    {
        get => field ??= IsThisHost ? static () => new CgroupPaths() : null;
        init;
    }

    /// <summary>Makes the resolver of addresses.</summary>
    public Func<IAddressNameResolver>? OpenResolver
    {
        get => field ??= IsThisHost ? static () => new SystemNameResolver() : null;
        init;
    }

    /// <summary>Makes the network: routes, neighbours, links.</summary>
    public Func<INetwork>? OpenNetwork
    {
        get => field ??= IsThisHost ? () => new KernelNetwork(Clock) : null;
        init;
    }

    /// <summary>Reads the firewall's rules; the kernel's, or a recording.</summary>
    public Func<RulesetReading>? OpenRules
    {
        get => field ??= IsThisHost ? static () => KernelRules.Read(CancellationToken.None) : null;
        init;
    }

    /// <summary>Reads interfaces, addresses and routes; the kernel's, or a recording.</summary>
    public Func<HostFacts>? OpenHostFacts
    {
        get => field ??= IsThisHost ? static () => KernelFirewall.ReadHost(CancellationToken.None) : null;
        init;
    }

    /// <summary>Reads rules and routing of another network namespace.</summary>
    public Func<NetworkNamespace, CancellationToken, FirewallReading> ReadFirewallOf
    {
        get => field ??= IsThisHost
            ? KernelFirewall.ReadIn
            : static (_, _) => FirewallReading.Unasked;
        init;
    }

    /// <summary>Names the program that runs inside a scratch namespace; <c>null</c> where none can be made.</summary>
    public Func<ScratchProgram>? OpenScratch
    {
        get => field ??= IsThisHost ? () => ScratchProgram.Itself(["replay"], Environment) : null;
        init;
    }

    /// <summary>Reads the kernel's counters of packets lost inside.</summary>
    public Func<NetworkCounters> ReadCounters
    {
        get => field ??= IsThisHost ? static () => ReadCountersOf("/proc/thread-self/net/netstat") : static () => new NetworkCounters();
        init;
    }

    /// <summary>Reads the table of neighbours.</summary>
    public Func<IReadOnlyList<KernelNeighbour>> ReadNeighbours
    {
        get => field ??= IsThisHost ? static () => KernelFirewall.ReadNeighbours(CancellationToken.None) : static () => [];
        init;
    }

    /// <summary>Reads what the sockets of this network namespace refuse themselves.</summary>
    public Func<CancellationToken, SocketRefusals> ReadRefusals
    {
        get => field ??= IsThisHost ? SocketRefusalReader.Read : static _ => SocketRefusals.NotAsked;
        init;
    }

    /// <summary>Makes what looks for layers that no rule shows.</summary>
    public Func<HostFacts?, UncheckedLayers> OpenUnseen
    {
        get => field ??= static host => new UncheckedLayers(host, "/");
        init;
    }

    /// <summary>Where control groups are mounted, or <c>null</c>.</summary>
    public string? CgroupMount => field ??= OpenCgroups is null ? null : CgroupTree.FindMount();

    /// <summary>Makes the judge of rules.</summary>
    public Func<Ruleset, HostFacts, Judgement>? MakeJudge
    {
        get => field ??= IsThisHost ? static (rules, host) => new FlowJudge(rules, host).Judge : null;
        init;
    }

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
    public ServiceRegistry Services => field ??= OpenServices?.Invoke() ?? ServiceRegistry.BuiltIn;

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

    /// <summary>Why a holder runs; <see cref="Origin.Unknown"/> where that is not looked for.</summary>
    /// <param name="holder">The holder.</param>
    /// <param name="running">What it serves, or <c>null</c>.</param>
    public Origin OriginOf(PortHolder holder, RunningService? running) => Origins?.Of(holder, running) ?? Origin.Unknown;

    /// <summary>Paths of control groups, or <c>null</c> when they are not to be looked up.</summary>
    public CgroupPaths? Cgroups => field ??= OpenCgroups?.Invoke();

    /// <summary>Names of addresses.</summary>
    public IAddressNameResolver Resolver =>
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

    /// <summary>What verdicts rest on in a network namespace: its own rules and routing.</summary>
    public FirewallReading FirewallOf(NetworkNamespace space, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(space);
        return space.IsOwn ? Firewall : ReadFirewallOf(space, cancellationToken);
    }

    /// <summary>The rules of a file on this machine's routing, and what is to be said of them.</summary>
    /// <param name="open">Opens the file.</param>
    /// <param name="folder">Where its relative names start.</param>
    /// <param name="includeFolders">Folders besides its own from which it may include files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PortolanException">The file cannot be read or loaded.</exception>
    public (FirewallReading Reading, IReadOnlyList<string> Warnings) LoadRules(
        Func<RulesFile> open, string folder, IReadOnlyList<string> includeFolders, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        if (OpenScratch is null || OpenHostFacts is null)
        {
            throw new InvalidOperationException("no scratch namespace or no source of routes was given");
        }

        var host = OpenHostFacts();
        var loaded = new RulesFileLoader(OpenScratch()).Load(open(), host, folder, includeFolders, cancellationToken);
        return (new FirewallReading(loaded.Ruleset, host), loaded.Warnings);
    }

    /// <summary>Names that stand in a filter of sockets.</summary>
    /// <param name="allNamespaces">Whether sockets of every namespace are asked for.</param>
    public FilterNames FilterNames(bool allNamespaces) => MachineFilterNames.Of(
        () => Services,
        () => Users,
        ReadInterfaces,
        () => Settings.EphemeralRange?.Range ?? Portolan.Sockets.Filtering.FilterNames.DefaultEphemeralPorts,
        allNamespaces);

    /// <summary>What changes of this host's rules need.</summary>
    public ChangeMachine Changes => field ??= ChangeMachine.Of(this);

    /// <summary>A new acquisition of sockets and their owners.</summary>
    public MachineSurvey Survey() => new()
    {
        Sockets = Sockets,
        Owners = () => Owners,
        Processes = () => Processes,
        Settings = () => Settings,
        CountOtherNamespaces = CountOtherNamespaces,
        CountTcpSockets = CountTcpSockets,
        ContainerNames = () => Containers,
        PackageOf = path => Packages.Of(path),
        ServiceName = (protocol, port) => Services.PrimaryNameText(port, protocol),
    };

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
}
