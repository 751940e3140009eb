using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>A listing that was taken: the sockets, what is known about them, and which rows matched.</summary>
/// <param name="Facts">The sockets and what is known about them.</param>
/// <param name="Rows">The rows that matched, in the kernel's order.</param>
/// <param name="TakenAt">When.</param>
/// <param name="Forwards">Ports that the kernel forwards; <c>null</c> where that could not be read.</param>
/// <param name="Missing">What could not be learned, and why.</param>
internal sealed record TakenListing(
    SocketFacts Facts, Rows Rows, DateTimeOffset TakenAt, IReadOnlyList<PortForward>? Forwards, IReadOnlyList<MissingFact> Missing);

/// <summary>
/// Takes listings for one request: the kernel filters what it can, the entry alone drops what it can, only then are owners
/// looked for, and the whole filter decides last.
/// </summary>
internal sealed class ListReader
{
    /// <summary>
    /// In a larger table only waiting sockets are looked at twice to tell the kernel's own from those that were just closed: among so
    /// many connections some always close meanwhile, and the second look would cost as much as the first.
    /// </summary>
    private const int LargeTable = 20_000;

    private const FilterNeeds OwnerNeeds = FilterNeeds.Owners | FilterNeeds.ProcessNames | FilterNeeds.Units | FilterNeeds.Containers;

    private readonly ListRequest _request;
    private readonly CommandContext _context;
    private readonly SocketFilter _filter;
    private readonly SocketQuery _query;
    private readonly ISocketSource? _lab;

    /// <summary>Reads the filter.</summary>
    /// <exception cref="PortolanException">The filter is wrong; the message shows where.</exception>
    public ListReader(ListRequest request, CommandContext context)
    {
        _request = request;
        _context = context;
        _filter = request.Filter.Count == 0
            ? SocketFilter.Everything
            : SocketFilter.Parse(request.Filter, ListNames.ForFilter(request, context));
        if (request.Lab && (_filter.Needs & OwnerNeeds) != 0)
        {
            throw new PortolanException(
                "the sockets of a lab have no processes, units and containers to filter by",
                $"filter by port, state or address, or by host: namespace NAME", ExitCode.Usage);
        }

        if ((_filter.Needs & FilterNeeds.Rates) != 0)
        {
            throw new PortolanException(
                "rate is known only while traffic is counted", $"portolan traffic 'rate > 1M'", ExitCode.Usage);
        }

        _query = Query(request, _filter);
        _lab = request.Lab ? LabSocketSource.Open(context.Environment) : null;
    }

    /// <summary>Takes a listing.</summary>
    public TakenListing Take(CancellationToken cancellationToken)
    {
        var takenAt = _context.Clock.GetUtcNow();
        var snapshot = (_lab ?? _context.Machine.Sockets).Read(_query, cancellationToken);
        var candidates = Candidates(snapshot.Sockets);
        var owners = _request.NeedsOwners || (_filter.Needs & OwnerNeeds) != 0 ? FindOwners(snapshot, candidates, cancellationToken) : null;
        var facts = new SocketFacts(snapshot, ListNames.Sources(_context, snapshot, owners))
        {
            Owners = owners?.Map,
            ShowsRunning = _request.ShowsRunning,
        };
        var rows = Decide(facts, candidates, owners, out var undecided);
        var led = ListedForwards.Find(_request, _query, _filter, _context, cancellationToken);
        var missing = Missing(facts, rows, undecided);
        return new TakenListing(facts, rows, takenAt, led.Forwards, led.Missing is { } fact ? [.. missing, fact] : missing);
    }

    /// <summary>The query of a request and its filter.</summary>
    internal static SocketQuery Query(ListRequest request, SocketFilter filter)
    {
        var mentions = filter.Mentions;
        var selection = request.Selection with
        {
            FilterNamesStates = mentions.States,
            FilterNamesKinds = mentions.Kinds,
            Bound = request.Selection.Bound || mentions.Bound,
        };
        var query = selection.ToQuery() with
        {
            TcpDetails = request.NeedsTcpDetails,
            WholeTcpInfo = request.Info,
            Memory = request.Memory,
            AllNamespaces = request.AllNamespaces,
        };

        // The connections of Unix sockets are counted from the peers' side, so netstat's table needs all of them.
        return filter.Syntax is null || (request.Format == ListFormat.Netstat && (query.Protocols & SocketProtocols.Unix) != 0)
            ? query
            : filter.Pushdown.Narrow(query);
    }

    private Rows Candidates(SocketTable sockets)
    {
        if (_filter.Syntax is null)
        {
            return new Rows(sockets.Count, null);
        }

        var positions = new List<int>();
        for (var i = 0; i < sockets.Count; i++)
        {
            if (_filter.CouldMatch(sockets[i]))
            {
                positions.Add(i);
            }
        }

        return new Rows(positions.Count, [.. positions]);
    }

    private SocketOwners FindOwners(SocketSnapshot snapshot, Rows candidates, CancellationToken cancellationToken)
    {
        var fields = _request.OwnerFields;
        if ((_filter.Needs & (FilterNeeds.Units | FilterNeeds.Containers)) != 0)
        {
            fields |= ProcessFields.Cgroup | ProcessFields.CommandLine | ProcessFields.User;
        }

        var finder = _request.OwnerSource == OwnerSource.Automatic
            ? _context.Machine.Owners
            : new OwnerFinder(_context.Machine.Processes, _request.OwnerSource);
        var selected = candidates.Positions();
        var owners = SocketOwners.Find(snapshot.Sockets, selected, finder, _context.Machine.Processes, fields, cancellationToken);
        var suspects = selected.Length <= LargeTable ? selected
            : Array.FindAll(selected, i => snapshot.Sockets[i].State is SocketState.Listen or SocketState.Unconnected);
        KernelSockets.Mark(snapshot.Sockets, suspects, owners.Map, _context.Machine.Sockets, finder, cancellationToken);
        ClosedSockets.Mark(snapshot, _query, selected, owners.Map, _context.Machine.Sockets, cancellationToken);
        return fields.HasFlag(ProcessFields.Cgroup | ProcessFields.CommandLine)
            ? owners.WithContainers(new ContainerResolver(_context.Machine.Processes, _context.Machine.Containers))
            : owners;
    }

    private Rows Decide(SocketFacts facts, Rows candidates, SocketOwners? owners, out int undecided)
    {
        undecided = 0;
        if (_filter.Needs == FilterNeeds.None)
        {
            // Without facts beyond the entry, what could match does match.
            return candidates;
        }

        var context = new FilterContext
        {
            Snapshot = facts.Snapshot,
            Owners = owners?.Map,
            Process = pid => owners?.Processes.GetValueOrDefault(pid),
            InterfaceName = facts.Snapshot.Interfaces.Find,
        };
        var matching = new List<int>();
        for (var row = 0; row < candidates.Count; row++)
        {
            switch (_filter.Judge(facts.Sockets[candidates[row]], context))
            {
                case FilterResult.Yes:
                    matching.Add(candidates[row]);
                    break;
                case FilterResult.Unknown:
                    undecided++;
                    break;
            }
        }

        return new Rows(matching.Count, [.. matching]);
    }

    private IReadOnlyList<MissingFact> Missing(SocketFacts facts, Rows rows, int undecided)
    {
        var why = Survey.WhyHidden(facts.Owners ?? OwnerMap.Empty);
        var missing = facts.Snapshot.Missing;
        var hidden = facts.HiddenOwners(rows, mayBePublished: _request.Format == ListFormat.Table);
        if (hidden > 0)
        {
            missing = [
                .. missing,
                new MissingFact(
                    MissingFactCode.OwnersHidden, hidden == 1 ? "the owner of 1 socket" : $"the owners of {hidden} sockets", why)];
        }

        if (undecided > 0)
        {
            missing = [
                .. missing,
                new MissingFact(
                    MissingFactCode.FilterUndecided,
                    undecided == 1 ? "whether 1 more socket matches the filter" : $"whether {undecided} more sockets match the filter",
                    why)];
        }

        return missing;
    }
}
