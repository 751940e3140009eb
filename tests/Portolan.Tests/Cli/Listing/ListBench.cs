using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;
using Portolan.Tests.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>Runs <c>portolan list</c> over machines made by hand, one for each look, and keeps what the kernel was asked.</summary>
internal sealed class ListBench(params MachineBuilder[] looks) : ISocketSource, IOwnerFinder, IDisposable
{
    private readonly ProcRecording _proc = new();
    private int _look;

    public List<SocketQuery> Queries { get; } = [];

    public List<uint[]> OwnerSearches { get; } = [];

    public bool IsTerminal { get; init; }

    public string Term { get; init; } = "";

    /// <summary>What is typed at the terminal, or <c>null</c> where stdin is none.</summary>
    public string? Typed { get; init; }

    public int? Width { get; init; }

    public bool IsAscii { get; init; }

    public IAddressNameResolver? Resolver { get; init; }

    public IContainerNames? Containers { get; init; }

    public int? ErrorWidth { get; init; }

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public int Run(params string[] args)
    {
        using var processes = new ProcessReader(Processes());
        var console = new TestConsole
        {
            Sockets = this,
            Owners = this,
            Processes = processes,
            Resolver = Resolver,
            Containers = Containers,
            ErrorWidth = ErrorWidth,
            OutputIsTerminal = IsTerminal,
            InputIsTerminal = Typed is not null,
            Keys = Typed is { } typed ? new TypedKeys(typed) : null,
            OutputWidth = Width,
            Clock = new FixedClock(),
            Environment = { ["TERM"] = Term },
        };
        var exitCode = console.Run(["list", .. IsAscii ? (string[])["--ascii"] : [], .. args]);
        (Output, Error) = (console.Output, console.Error);
        return exitCode;
    }

    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
    {
        Queries.Add(query);
        var snapshot = looks[Math.Min(_look++, looks.Length - 1)].Snapshot;
        return new SocketSnapshot
        {
            Sockets = Select(snapshot.Sockets, query),
            Namespaces = snapshot.Namespaces,
            Interfaces = snapshot.Interfaces,
            Sources = snapshot.Sources,
            Missing = snapshot.Missing,
        };
    }

    public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken)
    {
        OwnerSearches.Add(inodes.ToArray());
        return looks[Math.Clamp(_look - 1, 0, looks.Length - 1)].Owners;
    }

    public void Dispose() => _proc.Dispose();

    /// <summary>What a kernel would give for the query, but for the filter's program.</summary>
    private static SocketTable Select(SocketTable all, SocketQuery query)
    {
        var selected = new SocketTable();
        for (var i = 0; i < all.Count; i++)
        {
            var entry = all[i];
            if (((int)query.Protocols & (1 << (int)entry.Protocol)) == 0 || (query.States & (1u << (int)entry.State)) == 0
                || !(entry.IsIPv6 ? query.IPv6 : query.IPv4))
            {
                continue;
            }

            ref var copy = ref selected.Add();
            copy = entry;
            if (entry.TcpDetailsIndex >= 0)
            {
                copy.TcpDetailsIndex = -1;
                if (query.TcpDetails)
                {
                    selected.Attach(ref copy, all.TcpDetails[entry.TcpDetailsIndex]);
                }
            }
        }

        return selected;
    }

    private string Processes()
    {
        foreach (var process in looks.SelectMany(l => l.Processes.Values).DistinctBy(p => p.Pid))
        {
            _proc.Add(
                process.Pid, process.Name, process.ParentPid, process.StartTicks, string.Join('\0', process.CommandLine!) + "\0",
                cgroup: process.Unit is null ? "0::/\n" : $"0::/system.slice/{process.Unit}\n");
        }

        return _proc.Root;
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    }
}

/// <summary>Knows a few names and nothing of time.</summary>
internal sealed class KnownNames(params (string Address, string Name)[] names) : IAddressNameResolver
{
    public int Calls { get; private set; }

    public IReadOnlyDictionary<InternetAddress, string> Resolve(
        IReadOnlyCollection<InternetAddress> addresses, TimeSpan budget, CancellationToken cancellationToken)
    {
        Calls++;
        var found = new Dictionary<InternetAddress, string>();
        foreach (var (text, name) in names)
        {
            if (InternetAddress.TryParse(text, out var address) && addresses.Contains(address))
            {
                found[address] = name;
            }
        }

        return found;
    }
}
