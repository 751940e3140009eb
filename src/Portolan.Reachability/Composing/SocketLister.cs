using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Composing;

/// <summary>Sockets that were listed.</summary>
/// <param name="Snapshot">All that were read.</param>
/// <param name="Rows">Which of them match, in the kernel's order.</param>
/// <param name="Owners">Their owners; <c>null</c> where they were not looked for.</param>
/// <param name="Undecided">Of how many more sockets it is not known whether they match.</param>
/// <param name="Forwards">Ports that the kernel forwards.</param>
/// <param name="TakenAt">When.</param>
public sealed record SocketListing(
    SocketSnapshot Snapshot, SocketRows Rows, SocketOwners? Owners, int Undecided, ForwardSurvey Forwards, DateTimeOffset TakenAt)
{
    /// <summary>What could not be learned.</summary>
    /// <param name="hidden">How many rows have a hidden owner; <c>null</c> for all whose processes are.</param>
    public IReadOnlyList<MissingFact> Missing(int? hidden = null)
    {
        var owners = Owners?.Map ?? OwnerMap.Empty;
        var count = hidden ?? CountHidden(owners);
        var missing = new List<MissingFact>(Snapshot.Missing);
        if (count > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.OwnersHidden, count == 1 ? "the owner of 1 socket" : $"the owners of {count} sockets",
                HiddenOwners.Why(owners)));
        }

        if (Undecided > 0)
        {
            missing.Add(new MissingFact(
                MissingFactCode.FilterUndecided,
                Undecided == 1 ? "whether 1 more socket matches the filter" : $"whether {Undecided} more sockets match the filter",
                HiddenOwners.Why(owners)));
        }

        if (Forwards.Missing is { } fact)
        {
            missing.Add(fact);
        }

        return missing;
    }

    /// <summary>What records of these sockets are made of.</summary>
    /// <param name="machine">The machine that was read: it names users and services.</param>
    public SocketDocumentFacts FactsFor(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return new SocketDocumentFacts
        {
            Snapshot = Snapshot,
            Owners = Owners?.Map,
            Process = pid => Owners?.Processes.GetValueOrDefault(pid),
            User = machine.Users.Name,
            Service = (protocol, port) => machine.Services.PrimaryNameText(port, protocol),
        };
    }

    private int CountHidden(OwnerMap owners)
    {
        var count = 0;
        for (var row = 0; owners.MayHideOwners && row < Rows.Count; row++)
        {
            count += owners.Hides(Snapshot.Sockets[Rows[row]]) ? 1 : 0;
        }

        return count;
    }
}

/// <summary>
/// Lists sockets, once or again and again: the kernel filters what it can, the entry alone drops what it can, only then are owners looked
/// for, and the whole filter decides last.
/// </summary>
public sealed class SocketLister
{
    /// <summary>
    /// In a larger table only waiting sockets are looked at twice to tell the kernel's own from those that were just closed: among so
    /// many connections some always close meanwhile, and the second look would cost as much as the first.
    /// </summary>
    private const int LargeTable = 20_000;

    private const FilterNeeds OwnerNeeds = FilterNeeds.Owners | FilterNeeds.ProcessNames | FilterNeeds.Units | FilterNeeds.Containers;

    private const uint ForwardInode = 1;

    private readonly Machine _machine;
    private readonly ListScope _scope;
    private readonly SocketFilter _filter;
    private readonly SocketQuery _query;

    /// <summary>Reads the filter.</summary>
    /// <exception cref="PortolanException">The filter is wrong; the message shows where.</exception>
    public SocketLister(Machine machine, ListScope scope)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(scope);
        _machine = machine;
        _scope = scope;
        _filter = scope.Filter.Count == 0
            ? SocketFilter.Everything
            : SocketFilter.Parse(scope.Filter, machine.FilterNames(scope.AllNamespaces));
        _query = Query(scope, _filter);
    }

    /// <summary>Whether the filter asks for processes, units or containers.</summary>
    public bool FiltersByOwner => (_filter.Needs & OwnerNeeds) != 0;

    /// <summary>Whether the filter asks for rates, which no listing knows.</summary>
    public bool FiltersByRate => (_filter.Needs & FilterNeeds.Rates) != 0;

    /// <summary>Takes a listing.</summary>
    public SocketListing Take(CancellationToken cancellationToken)
    {
        var takenAt = _machine.Clock.GetUtcNow();
        var snapshot = (_scope.Source ?? _machine.Sockets).Read(_query, cancellationToken);
        var candidates = Candidates(snapshot.Sockets);
        var owners = _scope.Owners || FiltersByOwner ? FindOwners(snapshot, candidates, cancellationToken) : null;
        var rows = Decide(snapshot, candidates, owners, out var undecided);
        return new SocketListing(snapshot, rows, owners, undecided, FindForwards(cancellationToken), takenAt);
    }

    private static SocketQuery Query(ListScope scope, SocketFilter filter)
    {
        var mentions = filter.Mentions;
        var selection = scope.Selection with
        {
            FilterNamesStates = mentions.States,
            FilterNamesKinds = mentions.Kinds,
            Bound = scope.Selection.Bound || mentions.Bound,
        };
        var query = selection.ToQuery() with
        {
            TcpDetails = scope.TcpDetails,
            WholeTcpInfo = scope.WholeTcpInfo,
            Memory = scope.Memory,
            AllNamespaces = scope.AllNamespaces,
        };
        return filter.Syntax is null || (scope.AllUnixPeers && (query.Protocols & SocketProtocols.Unix) != 0)
            ? query
            : filter.Pushdown.Narrow(query);
    }

    private SocketRows Candidates(SocketTable sockets)
    {
        if (_filter.Syntax is null)
        {
            return new SocketRows(sockets.Count, null);
        }

        var positions = new List<int>();
        for (var i = 0; i < sockets.Count; i++)
        {
            if (_filter.CouldMatch(sockets[i]))
            {
                positions.Add(i);
            }
        }

        return new SocketRows(positions.Count, [.. positions]);
    }

    private SocketOwners FindOwners(SocketSnapshot snapshot, SocketRows candidates, CancellationToken cancellationToken)
    {
        var fields = _scope.OwnerFields;
        if ((_filter.Needs & (FilterNeeds.Units | FilterNeeds.Containers)) != 0)
        {
            fields |= ProcessFields.Cgroup | ProcessFields.CommandLine | ProcessFields.User;
        }

        var finder = _scope.OwnerSource == OwnerSource.Automatic
            ? _machine.Owners
            : new OwnerFinder(_machine.Processes, _scope.OwnerSource);
        var selected = candidates.Positions();
        var owners = SocketOwners.Find(snapshot.Sockets, selected, finder, _machine.Processes, fields, cancellationToken);
        var suspects = selected.Length <= LargeTable ? selected
            : Array.FindAll(selected, i => snapshot.Sockets[i].State is SocketState.Listen or SocketState.Unconnected);
        KernelSockets.Mark(snapshot.Sockets, suspects, owners.Map, _machine.Sockets, finder, cancellationToken);
        ClosedSockets.Mark(snapshot, _query, selected, owners.Map, _machine.Sockets, cancellationToken);
        return fields.HasFlag(ProcessFields.Cgroup | ProcessFields.CommandLine)
            ? owners.WithContainers(new ContainerResolver(_machine.Processes, _machine.Containers))
            : owners;
    }

    private SocketRows Decide(SocketSnapshot snapshot, SocketRows candidates, SocketOwners? owners, out int undecided)
    {
        undecided = 0;
        if (_filter.Needs == FilterNeeds.None)
        {
            // Without facts beyond the entry, what could match does match.
            return candidates;
        }

        var context = new FilterContext
        {
            Snapshot = snapshot,
            Owners = owners?.Map,
            Process = pid => owners?.Processes.GetValueOrDefault(pid),
            InterfaceName = snapshot.Interfaces.Find,
        };
        var matching = new List<int>();
        for (var row = 0; row < candidates.Count; row++)
        {
            switch (_filter.Judge(snapshot.Sockets[candidates[row]], context))
            {
                case FilterResult.Yes:
                    matching.Add(candidates[row]);
                    break;
                case FilterResult.Unknown:
                    undecided++;
                    break;
            }
        }

        return new SocketRows(matching.Count, [.. matching]);
    }

    /// <summary>
    /// Those that fit what is asked for, as a listener on the same port would: they are no sockets, and who looks for what listens wants
    /// to see them.
    /// </summary>
    private ForwardSurvey FindForwards(CancellationToken cancellationToken)
    {
        if (!_scope.Forwards || (_query.States & (1u << (int)SocketState.Listen)) == 0
            || (_query.Protocols & (SocketProtocols.Tcp | SocketProtocols.Udp)) == SocketProtocols.None)
        {
            return new ForwardSurvey([], null);
        }

        var survey = ForwardSurvey.OfPortolan(_machine, cancellationToken);
        return survey.Forwards is { Count: > 0 } all ? survey with { Forwards = all.Where(Fits).ToList() } : survey;
    }

    private bool Fits(PortForward forward)
    {
        var isTcp = forward.Protocol == TransportProtocol.Tcp;
        if ((_query.Protocols & (isTcp ? SocketProtocols.Tcp : SocketProtocols.Udp)) == SocketProtocols.None
            || !((_query.IPv4 && forward.TakesIPv4) || (_query.IPv6 && forward.TakesIPv6)))
        {
            return false;
        }

        var entry = new SocketEntry
        {
            Protocol = isTcp ? SocketProtocol.Tcp : SocketProtocol.Udp,
            State = isTcp ? SocketState.Listen : SocketState.Unconnected,
            LocalAddress = forward.Address ?? InternetAddress.AnyIPv6,
            LocalPort = forward.Port.Value,
            Inode = ForwardInode,
            Flags = forward.Address is null ? SocketFlags.DualStack | SocketFlags.V6OnlyKnown : SocketFlags.None,
            TcpDetailsIndex = -1,
            MemoryIndex = -1,
            UnixIndex = -1,
        };
        return _filter.Syntax is null || _filter.Judge(entry, new FilterContext
        {
            Owners = new OwnerMap(
                [.. forward.Processes.Select(static _ => ForwardInode)], [.. forward.Processes.Select(static p => p.Pid).Order()],
                "netlink", 0),
            Process = pid => forward.Processes.FirstOrDefault(p => p.Pid == pid),
        }) == FilterResult.Yes;
    }
}
