using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;
using Portolan.Tests.Firewall.Judging;
using Portolan.Tests.Sockets.Owners;

namespace Portolan.Tests.Support;

/// <summary>
/// Runs commands on a machine made by hand: its sockets, its holders, a /proc of its own, and a kernel that judges binds by them.
/// </summary>
internal sealed class MachineConsole : IDisposable
{
    private readonly ProcRecording _proc = new();
    private readonly ProcessReader _processes;

    public MachineConsole(
        MachineBuilder machine, bool isTerminal = false, int? width = null, string input = "", int? otherNamespaces = 0,
        Judgement? judge = null, Ruleset? rules = null, Func<HostFacts, Judgement>? judgeOf = null, TimeProvider? clock = null,
        HostFacts? host = null, string? units = null)
    {
        foreach (var process in machine.Processes.Values)
        {
            _proc.Add(
                process.Pid,
                process.Name,
                process.ParentPid,
                process.StartTicks,
                string.Join('\0', process.CommandLine!) + "\0",
                $"/usr/bin/{process.Name}",
                process.UserId ?? 0,
                machine.Cgroups.TryGetValue(process.Pid, out var group)
                    ? $"0::{group}\n"
                    : process.Unit is null ? "0::/\n" : $"0::/system.slice/{process.Unit}\n");
        }

        _processes = new ProcessReader(_proc.Root);
        Console = new TestConsole
        {
            Sockets = new Source(machine, Queries),
            Owners = new Finder(machine),
            Processes = _processes,
            Settings = MachineBuilder.Settings,
            Origins = units is null ? null : context => new OriginFinder(
                context.Processes.Environment, context.Users.Name, static _ => null, [units], [], new Crontabs([], [], [])),
            OtherNamespaces = otherNamespaces,
            Binds = new Referee(snapshot: machine.Snapshot),
            OutputIsTerminal = isTerminal,
            InputIsTerminal = isTerminal,
            ErrorIsTerminal = isTerminal,
            OutputWidth = width,
            Input = input,
            Clock = clock ?? new Noon(),
            Rules = judge is null && judgeOf is null ? null : new RulesetReading(RulesetAccess.Read, rules ?? Ruleset.Empty),
            Host = judge is null && judgeOf is null ? null : host ?? JudgedHost.Make(),
            MakeJudge = judgeOf is not null ? (_, host) => judgeOf(host) : judge is null ? null : (_, _) => judge,
        };
    }

    public TestConsole Console { get; }

    /// <summary>What was asked about sockets, in order.</summary>
    public List<SocketQuery> Queries { get; } = [];

    /// <summary>What is on stdout, with the machine's name as <c>HOST</c>.</summary>
    public string Output => Console.Output.Replace(Environment.MachineName, "HOST", StringComparison.Ordinal);

    public string Error => Console.Error;

    public int Run(params string[] args) => Console.Run(args);

    public void Dispose()
    {
        _processes.Dispose();
        _proc.Dispose();
    }

    /// <summary>Filters by protocol and by who chose the port, as the kernel does; a port filter may let too much through.</summary>
    private sealed class Source(MachineBuilder machine, List<SocketQuery> asked) : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
        {
            asked.Add(query);
            const byte KernelChoseThePort = 6;
            var all = machine.Snapshot;
            var kept = new SocketTable();
            for (var i = 0; i < all.Sockets.Count; i++)
            {
                ref readonly var entry = ref all.Sockets[i];
                var isAsked = (query.Protocols & (SocketProtocols)(1 << (int)entry.Protocol)) != 0
                    && (entry.State != SocketState.Bound || query.Bound)
                    && (query.AllNamespaces || all.Namespaces[entry.NamespaceIndex].IsOwn)
                    && (query.Bytecode.IsEmpty || query.Bytecode.Span[0] != KernelChoseThePort
                        || machine.ChosenPorts.Contains(entry.Cookie));
                if (isAsked)
                {
                    var details = entry.TcpDetailsIndex >= 0 ? all.Sockets.TcpDetails[entry.TcpDetailsIndex] : default;
                    ref var copy = ref kept.Add();
                    copy = entry;
                    if (entry.TcpDetailsIndex >= 0)
                    {
                        kept.Attach(ref copy, details);
                    }
                }
            }

            return new SocketSnapshot { Sockets = kept, Namespaces = all.Namespaces, Sources = all.Sources, Missing = [] };
        }
    }

    private sealed class Finder(MachineBuilder machine) : IOwnerFinder
    {
        public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken) => machine.Owners;
    }

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);
    }
}
