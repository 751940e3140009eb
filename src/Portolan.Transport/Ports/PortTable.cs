using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Ports;

/// <summary>
/// Who holds which port: bound sockets, listeners and every end of a connection, by protocol, address, interface, port and peer. It decides whether a
/// bind, a listen or a connection may have a port, and when not it names the holder in the way and the rule.
/// </summary>
/// <remarks>One thread at a time. The rules are an operating system's: <see cref="LinuxBindRules"/> or <see cref="BsdBindRules"/>.</remarks>
internal sealed class PortTable
{
    private readonly IBindRules _rules;
    private readonly EphemeralPorts _ephemeral;
    private readonly Dictionary<uint, List<PortShare>> _ports = [];
    private readonly Stack<List<PortShare>> _unused = new();
    private readonly List<PortShare> _noShares = [];
    private readonly List<PortHolder?> _standing = [];
    private readonly Stack<int> _freeStanding = new();
    private readonly FlowTable<PairKey, PortHolder> _pairs;
    private long _order = 1;

    /// <summary>Makes an empty table.</summary>
    /// <param name="rules">Who may share a port.</param>
    /// <param name="range">The ports that may be chosen.</param>
    /// <param name="seed">What nobody else may know: it decides the order in which ports are chosen.</param>
    public PortTable(IBindRules rules, EphemeralRange range, ulong seed)
    {
        _rules = rules;
        _ephemeral = new EphemeralPorts(range, seed);
        _pairs = new FlowTable<PairKey, PortHolder>(SipHash.FromSeed(~seed));
    }

    /// <summary>Who keeps pairs that <see cref="Rest"/> took out of this table.</summary>
    internal IRestingPairs? Resting { get; set; }

    /// <summary>How many holders.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them are ends of connections.</summary>
    public int PairCount => _pairs.Count;

    /// <summary>Holders that stand for pairs that rest.</summary>
    internal int StandingCount => _standing.Count - _freeStanding.Count;

    /// <summary>Binds a port, or chooses one when it is 0.</summary>
    public BindResult Bind(in PortBinding binding)
    {
        if (binding.Port.Value != 0)
        {
            var (rule, conflict) = Judge(binding, PortUse.Bound, self: null, isChosen: false);
            return rule == BindRule.None
                ? new BindResult(Add(binding, PortUse.Bound, InternetAddress.AnyIPv6, PortNumber.Zero, isExplicit: true), BindRule.None)
                : new BindResult(null, rule, conflict);
        }

        var search = _ephemeral.BeginAnywhere(binding.Protocol);
        while (search.TryNext(out var port))
        {
            var chosen = binding with { Port = port };
            if (Judge(chosen, PortUse.Bound, self: null, isChosen: true).Rule == BindRule.None)
            {
                return new BindResult(Add(chosen, PortUse.Bound, InternetAddress.AnyIPv6, PortNumber.Zero, isExplicit: true), BindRule.None, Tried: search.Tried);
            }
        }

        return new BindResult(null, BindRule.Exhausted, Tried: search.Tried);
    }

    /// <summary>What <see cref="Bind"/> would say of a port, without binding it.</summary>
    /// <param name="binding">The port is not 0.</param>
    /// <param name="isChosen">Whether the port would be one that the table chooses.</param>
    public BindResult Forecast(in PortBinding binding, bool isChosen = false)
    {
        var (rule, conflict) = Judge(binding, PortUse.Bound, self: null, isChosen);
        return new BindResult(null, rule, conflict);
    }

    /// <summary>Makes a bound holder listen; it may fail, for a listener shares less than a bound socket. Nothing changes then.</summary>
    public BindResult Listen(PortHolder holder)
    {
        CheckHeld(holder);
        var (rule, conflict) = Judge(holder.Binding, PortUse.Listening, holder, isChosen: false);
        if (rule != BindRule.None)
        {
            return new BindResult(null, rule, conflict);
        }

        ChangeUse(holder, PortUse.Listening);
        return new BindResult(holder, BindRule.None);
    }

    /// <summary>Takes a port for a connection that named none: one that no bound socket holds on this address, and that makes a new socket pair.</summary>
    /// <param name="binding">Protocol, address (never a wildcard), interface, options and owner; the port does not count.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="mayReuse">Asked about a pair in TIME-WAIT whether a new connection may take its place (<see cref="TimeWaitReuse"/>); <c>null</c> for never.</param>
    public BindResult Connect(in PortBinding binding, InternetAddress remote, PortNumber remotePort, Func<PortHolder, bool>? mayReuse = null)
    {
        var search = _ephemeral.Begin(binding.Address, remote, remotePort);
        while (search.TryNext(out var port))
        {
            var chosen = binding with { Port = port };
            if (IsBoundByName(chosen) || !TryClear(chosen, remote, remotePort, mayReuse, out _))
            {
                continue;
            }

            search.Take();
            return new BindResult(Add(chosen, PortUse.Connected, remote, remotePort, isExplicit: false), BindRule.None, Tried: search.Tried);
        }

        return new BindResult(null, BindRule.Exhausted, Tried: search.Tried);
    }

    /// <summary>Turns a bound holder, or one end of a connection that is given up for it, into one end of a connection.</summary>
    /// <param name="holder">The holder; it keeps its port.</param>
    /// <param name="local">The address it now has, where it had a wildcard.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="mayReuse">As for <see cref="Connect"/>.</param>
    public BindResult ConnectBound(PortHolder holder, InternetAddress local, InternetAddress remote, PortNumber remotePort, Func<PortHolder, bool>? mayReuse = null)
    {
        CheckHeld(holder);
        var binding = holder.Binding with { Address = local };
        if (!TryClear(binding, remote, remotePort, mayReuse, out var conflict))
        {
            return new BindResult(null, BindRule.PairExists, conflict);
        }

        Detach(holder);
        holder.Binding = binding;
        holder.Use = PortUse.Connected;
        holder.Remote = remote;
        holder.RemotePort = remotePort;
        Attach(holder);
        return new BindResult(holder, BindRule.None);
    }

    /// <summary>
    /// Turns one end of a connection back into a bound holder. Nobody is asked, as with Linux (<c>__udp_disconnect</c>): who has bound beside it meanwhile
    /// keeps the port too.
    /// </summary>
    /// <param name="holder">The end of a connection; it keeps its port.</param>
    /// <param name="address">The address it had before.</param>
    public void Disconnect(PortHolder holder, InternetAddress address)
    {
        CheckHeld(holder);
        Detach(holder);
        holder.Binding = holder.Binding with { Address = address };
        holder.Use = PortUse.Bound;
        (holder.Remote, holder.RemotePort) = (InternetAddress.AnyIPv6, PortNumber.Zero);
        Attach(holder);
    }

    /// <summary>Adds the end of a connection that a listener took: it shares the listener's port and options.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="local">The address the peer asked for.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="mayReuse">As for <see cref="Connect"/>.</param>
    public BindResult Accept(PortHolder listener, InternetAddress local, InternetAddress remote, PortNumber remotePort, Func<PortHolder, bool>? mayReuse = null)
    {
        CheckHeld(listener);
        var binding = listener.Binding with { Address = local };
        return TryClear(binding, remote, remotePort, mayReuse, out var conflict)
            ? new BindResult(Add(binding, PortUse.Connected, remote, remotePort, isExplicit: true), BindRule.None)
            : new BindResult(null, BindRule.PairExists, conflict);
    }

    /// <summary>Adds the end of a connection to a port that nobody has bound: its listener hears every port.</summary>
    /// <param name="binding">The local end, with its port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    public BindResult AcceptAny(in PortBinding binding, InternetAddress remote, PortNumber remotePort) => TryClear(binding, remote, remotePort, mayReuse: null, out var conflict)
        ? new BindResult(Add(binding, PortUse.Connected, remote, remotePort, isExplicit: false), BindRule.None)
        : new BindResult(null, BindRule.PairExists, conflict);

    /// <summary>
    /// Says that a connection is over and that somebody else keeps its pair (<see cref="Resting"/>). One holder stands for all pairs that rest at one
    /// local end, so that a pair costs nothing here; its number is returned, and <see cref="EndRest"/> is called with it once for each.
    /// </summary>
    internal int Rest(PortHolder holder)
    {
        CheckHeld(holder);
        Detach(holder);
        holder.Use = PortUse.TimeWait;
        holder.RestCount = 1;
        holder.IsStanding = true;
        if (FindShare(holder)?.Rest is { } standing)
        {
            // It is named after the newest of its pairs, which rests longest.
            standing.RestCount++;
            (standing.Remote, standing.RemotePort) = (holder.Remote, holder.RemotePort);
            holder.IsReleased = true;
            Count--;
            return standing.StandingNumber;
        }

        Attach(holder);
        holder.Share!.Rest = holder;
        if (!_freeStanding.TryPop(out var number))
        {
            number = _standing.Count;
            _standing.Add(null);
        }

        _standing[number] = holder;
        holder.StandingNumber = number;
        return number;
    }

    /// <summary>Says that a pair rests no more.</summary>
    /// <param name="number">From <see cref="Rest"/>.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    internal void EndRest(int number, InternetAddress remote, PortNumber remotePort)
    {
        var standing = _standing[number] ?? throw new InvalidOperationException($"nobody stands for resting pairs as number {number}");
        if (--standing.RestCount == 0)
        {
            _standing[number] = null;
            _freeStanding.Push(number);
            standing.Share!.Rest = null;
            Release(standing);
        }
        else if (standing.Remote == remote && standing.RemotePort == remotePort)
        {
            // The others are not known by name here.
            (standing.Remote, standing.RemotePort) = (InternetAddress.AnyIPv6, PortNumber.Zero);
        }
    }

    /// <summary>Says that a connection is over and its pair must rest.</summary>
    public void EnterTimeWait(PortHolder holder)
    {
        CheckHeld(holder);
        ChangeUse(holder, PortUse.TimeWait);
    }

    /// <summary>Gives a port back.</summary>
    /// <exception cref="InvalidOperationException">It was given back before: a defect of the caller.</exception>
    public void Release(PortHolder holder)
    {
        CheckHeld(holder);
        Detach(holder);
        holder.IsReleased = true;
        Count--;
    }

    /// <summary>Finds the end of a connection.</summary>
    /// <returns><c>null</c> when there is none.</returns>
    public PortHolder? FindPair(
        TransportProtocol protocol, InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber = 0) =>
        _pairs.TryFind(new PairKey(protocol, local, localPort, remote, remotePort, interfaceNumber), out var holder) ? holder : null;

    /// <summary>Everyone who holds a port, in no order.</summary>
    public IEnumerable<PortHolder> HoldersOf(TransportProtocol protocol, PortNumber port)
    {
        foreach (var share in _ports.GetValueOrDefault(KeyOf(protocol, port)) ?? [])
        {
            for (var holder = share.Newest; holder is not null; holder = holder.Older)
            {
                yield return holder;
            }
        }
    }

    /// <summary>All holders, in no order. The table must not change meanwhile.</summary>
    internal IEnumerable<PortHolder> All()
    {
        foreach (var shares in _ports.Values)
        {
            foreach (var share in shares)
            {
                for (var holder = share.Newest; holder is not null; holder = holder.Older)
                {
                    yield return holder;
                }
            }
        }
    }

    private static uint KeyOf(TransportProtocol protocol, PortNumber port) => ((uint)protocol << 16) | port.Value;

    private static PairKey PairOf(PortHolder holder) =>
        new(holder.Binding.Protocol, holder.Binding.Address, holder.Binding.Port, holder.Remote, holder.RemotePort, holder.Binding.Interface);

    private static void CheckHeld(PortHolder holder)
    {
        if (holder.IsReleased)
        {
            throw new InvalidOperationException($"{holder}: this port was given back");
        }
    }

    private (BindRule Rule, PortHolder? Conflict) Judge(in PortBinding request, PortUse use, PortHolder? self, bool isChosen)
    {
        if (!_ports.TryGetValue(KeyOf(request.Protocol, request.Port), out var shares))
        {
            return (BindRule.None, null);
        }

        var rule = BindRule.None;
        PortHolder? conflict = null;
        var (stopped, settled) = (long.MaxValue, long.MaxValue);
        foreach (var share in shares)
        {
            var isLast = _rules.IsMetLast(share.Binding);
            var holder = isLast ? share.Oldest : share.Newest;
            holder = holder is not null && holder == self ? (isLast ? holder.Newer : holder.Older) : holder;
            if (holder is null || !share.Binding.Overlaps(request))
            {
                continue;
            }

            var found = _rules.Judge(request, use, share.Binding, share.Use, isChosen, out var settles);

            // The place at which a search meets the holder: the newest first, then those that are met last, from the oldest on.
            var place = isLast ? holder.Order : -holder.Order;
            settled = settles ? Math.Min(settled, place) : settled;
            if (found != BindRule.None && place < stopped)
            {
                (rule, conflict, stopped) = (found, holder, place);
            }
        }

        // Where a holder settles the matter, those that would be met after it do not count.
        return conflict is null || settled < stopped ? (BindRule.None, null) : (rule, conflict);
    }

    private bool IsBoundByName(in PortBinding binding)
    {
        if (!_ports.TryGetValue(KeyOf(binding.Protocol, binding.Port), out var shares))
        {
            return false;
        }

        foreach (var share in shares)
        {
            if (share.IsExplicit && share.Binding.Overlaps(binding))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a pair is free, or may be made so.</summary>
    private bool TryClear(in PortBinding binding, InternetAddress remote, PortNumber remotePort, Func<PortHolder, bool>? mayReuse, out PortHolder? conflict)
    {
        conflict = FindPair(binding.Protocol, binding.Address, binding.Port, remote, remotePort, binding.Interface);
        if (conflict is null)
        {
            return Resting is null || Resting.TryClear(binding.Protocol, binding.Address, binding.Port, remote, remotePort, binding.Interface);
        }

        if (conflict.Use != PortUse.TimeWait || mayReuse is null || !mayReuse(conflict))
        {
            return false;
        }

        Release(conflict);
        return true;
    }

    private PortHolder Add(in PortBinding binding, PortUse use, InternetAddress remote, PortNumber remotePort, bool isExplicit)
    {
        var holder = new PortHolder(binding, use, remote, remotePort, isExplicit, _order++);
        Attach(holder);
        Count++;
        return holder;
    }

    private void ChangeUse(PortHolder holder, PortUse use)
    {
        Detach(holder);
        holder.Use = use;
        Attach(holder);
    }

    private void Attach(PortHolder holder)
    {
        var key = KeyOf(holder.Binding.Protocol, holder.Binding.Port);
        if (!_ports.TryGetValue(key, out var shares))
        {
            shares = _unused.TryPop(out var unused) ? unused : [];
            _ports.Add(key, shares);
        }

        var share = FindShare(holder);
        if (share is null)
        {
            share = new PortShare(holder.Binding, holder.Use, holder.IsExplicit);
            shares.Add(share);
        }

        share.Add(holder);
        if (IsPair(holder) && _pairs.TryAdd(PairOf(holder), holder) != FlowAddition.Added)
        {
            throw new InvalidOperationException($"{holder}: the pair is there twice");
        }
    }

    private static bool IsPair(PortHolder holder) => holder.Use == PortUse.Connected || (holder.Use == PortUse.TimeWait && !holder.IsStanding);

    private PortShare? FindShare(PortHolder holder)
    {
        foreach (var candidate in _ports.GetValueOrDefault(KeyOf(holder.Binding.Protocol, holder.Binding.Port)) ?? _noShares)
        {
            if (candidate.Fits(holder))
            {
                return candidate;
            }
        }

        return null;
    }

    private void Detach(PortHolder holder)
    {
        if (IsPair(holder))
        {
            _pairs.TryRemove(PairOf(holder), out _);
        }

        var share = holder.Share!;
        share.Remove(holder);
        if (share.Count > 0)
        {
            return;
        }

        var key = KeyOf(holder.Binding.Protocol, holder.Binding.Port);
        var shares = _ports[key];
        shares.Remove(share);
        if (shares.Count == 0)
        {
            _ports.Remove(key);
            _unused.Push(shares);
        }
    }
}
