using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>How a packet looks at one point of its way: what each field is now, and what was done to it. Immutable.</summary>
internal sealed class PacketView : IEquatable<PacketView>
{
    private readonly FieldValue[] _values;
    private readonly ulong[] _small;

    // The sum of what each field gives, so that a change of one field changes one summand.
    private readonly int _hash;

    private readonly PortTrace? _trace;

    private PacketView(FieldValue[] values, ulong[] small, ulong constants, int hash, ViewMarks marks, PortTrace? trace)
    {
        (_values, _small, _hash, _trace) = (values, small, hash, trace);
        (Constants, Marks) = (constants, marks);
    }

    /// <summary>What was done to the packet besides its fields.</summary>
    public ViewMarks Marks { get; }

    /// <summary>A bit for each field that is a constant of up to 64 bits.</summary>
    public ulong Constants { get; }

    /// <summary>The constants of up to 64 bits, by field.</summary>
    public ReadOnlySpan<ulong> Small => _small;

    /// <summary>What a field is.</summary>
    public ref readonly FieldValue this[PacketField field] => ref _values[(int)field];

    /// <summary>A view with nothing but zeros.</summary>
    public static PacketView Zero { get; } = MakeZero();

    private static PacketView MakeZero()
    {
        var values = new FieldValue[PacketFields.StoredCount];
        var hash = 0;
        for (var i = 0; i < values.Length; i++)
        {
            hash += HashOf(i, values[i]);
        }

        return new(values, new ulong[values.Length], (1UL << values.Length) - 1, hash, default, null);
    }

    public PacketView With(PacketField field, FieldValue value) => With((field, value));

    public PacketView With(params ReadOnlySpan<(PacketField Field, FieldValue Value)> changes)
    {
        FieldValue[]? values = null;
        var (small, constants, hash) = (_small, Constants, _hash);
        foreach (var (field, value) in changes)
        {
            var i = (int)field;
            if (_trace is not null && value is { Kind: FieldValueKind.Constant, IsAsked: false } && PacketFields.IsPort(field))
            {
                // From here on it may be taken for the port that was asked about.
                _trace.Compare((ushort)value.Number);
            }

            if ((values ?? _values)[i].Equals(value))
            {
                continue;
            }

            if (values is null)
            {
                values = _values.AsSpan().ToArray();
                small = _small.AsSpan().ToArray();
            }

            hash += HashOf(i, value) - HashOf(i, values[i]);
            values[i] = value;
            var isSmall = value.Kind == FieldValueKind.Constant && value.Number <= ulong.MaxValue;
            small[i] = isSmall ? (ulong)value.Number : 0;
            constants = isSmall ? constants | (1UL << i) : constants & ~(1UL << i);
        }

        return values is null ? this : new(values, small, constants, hash, Marks, _trace);
    }

    public PacketView With(PacketField field, UInt128 number) => With(field, FieldValue.Constant(number));

    public PacketView With(ViewMarks marks) => marks == Marks ? this : new(_values, _small, Constants, _hash, marks, _trace);

    /// <summary>The same of a query that wants to know what is asked about its port.</summary>
    public PacketView With(PortTrace trace) => new(_values, _small, Constants, _hash, Marks, trace);

    /// <summary>Says that something is asked about a field, which may have the port of the query.</summary>
    public void Ask(PacketField field, IPortQuestion question)
    {
        if (_trace is not null && _values[(int)field].IsAsked)
        {
            _trace.Ask(question);
        }
    }

    /// <summary>Whether questions about a field must be kept.</summary>
    public bool IsAsked(PacketField field) => _trace is not null && _values[(int)field].IsAsked;

    /// <summary>Forgets what maps gave to a rule that is over.</summary>
    public PacketView WithoutSlots()
    {
        for (var i = (int)PacketField.Slot0; i < PacketFields.StoredCount; i++)
        {
            if (_values[i] != default)
            {
                return With(
                    (PacketField.Slot0, default), (PacketField.Slot1, default), (PacketField.Slot2, default), (PacketField.Slot3, default));
            }
        }

        return this;
    }

    private static int HashOf(int field, in FieldValue value) => HashCode.Combine(field, value.Kind, value.Number);

    /// <inheritdoc/>
    public bool Equals(PacketView? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && Marks == other.Marks && _values.AsSpan().SequenceEqual(other._values));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PacketView);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}

/// <summary>What was done to a packet besides changing its fields.</summary>
/// <param name="DestinationRule">The rule that changed its destination, or <c>null</c>.</param>
/// <param name="SourceRule">The rule that changed its source, or <c>null</c>.</param>
/// <param name="HasDestination">Whether the destination is settled: translated, or for good not.</param>
/// <param name="HasSource">Whether the source is settled.</param>
/// <param name="MustReroute">Whether a packet of this machine must be routed again.</param>
/// <param name="BoundInterface">The interface the socket is bound to, 0 for none, <see cref="InputInterface"/> for the one that the cube's
/// packets arrived on.</param>
/// <param name="Coming">What connection tracking will say of it.</param>
/// <param name="Additions">What rules on the way added to sets, or <c>null</c>.</param>
internal readonly record struct ViewMarks(
    RuleReference? DestinationRule,
    RuleReference? SourceRule,
    bool HasDestination,
    bool HasSource,
    bool MustReroute,
    int BoundInterface,
    ComingConnection Coming,
    SetAddition? Additions)
{
    /// <summary>Stands for "the interface that the packet arrived on" in <see cref="BoundInterface"/>.</summary>
    public const int InputInterface = -1;

    /// <summary>
    /// The rule that wrote into the packet what must not change for it to arrive, or for its answer to; <c>null</c> for none.
    /// </summary>
    public OpenQuestion? Written { get; init; }

    /// <summary>The socket that a rule assigned the packet to, or its connection's first one; <c>null</c> for none (TPROXY).</summary>
    public ProxySocket? Proxy { get; init; }

    /// <summary>Whether it is a later packet of the sender of a connection that was followed from its beginning.</summary>
    public bool IsLater { get; init; }

    /// <summary>Whether tracking has seen a packet of the connection.</summary>
    public bool IsSeen { get; init; }

    /// <summary>The zone in which tracking will look the packet up, where a rule chose one (a template, nft_ct_set_zone_eval).</summary>
    public ConnectionZone? Template { get; init; }

    /// <summary>The zone of its connection; <c>null</c> where no rule chooses zones, or the connection is older than the query.</summary>
    public ConnectionZone? Zone { get; init; }
}

/// <summary>The socket that a rule assigned a packet to without changing it (nf_tproxy_assign_sock).</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Socket">The socket.</param>
internal sealed record ProxySocket(RuleReference Rule, LocalSocket Socket);

/// <summary>What connection tracking says of a packet once it has looked.</summary>
/// <param name="State">The state.</param>
/// <param name="IsReply">Whether it goes the other way.</param>
internal readonly record struct ComingConnection(ConnectionState State, bool IsReply)
{
    /// <summary>
    /// Why the state is one of several: of a connection whose packets tracking saw some of, or that it took up in its middle
    /// (nf_ct_tcp_loose); <c>null</c> where it is known.
    /// </summary>
    public string? Why { get; init; }

    /// <summary>Whether it begins a connection for tracking that began long before.</summary>
    public bool IsTakenUp { get; init; }

    /// <summary>Whether that packet goes as the connection's first one did.</summary>
    public bool IsOfSender { get; init; }
}

/// <summary>An element that a rule on the packet's way added to a set or deleted from it.</summary>
/// <param name="Set">The set.</param>
/// <param name="IsDeletion">Whether it was deleted.</param>
/// <param name="Key">The key's text, equal for equal keys.</param>
/// <param name="Before">What was changed before.</param>
internal sealed record SetAddition(Rules.ElementSet Set, bool IsDeletion, string Key, SetAddition? Before);
