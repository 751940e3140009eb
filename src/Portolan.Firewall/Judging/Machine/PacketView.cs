using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>How a packet looks at one point of its way: what each field is now, and what was done to it. Immutable.</summary>
internal sealed class PacketView : IEquatable<PacketView>
{
    private readonly FieldValue[] _values;
    private readonly ulong[] _small;
    private readonly int _hash;

    private PacketView(FieldValue[] values, ViewMarks marks)
    {
        _values = values;
        _small = new ulong[values.Length];
        Marks = marks;
        var hash = new HashCode();
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Kind == FieldValueKind.Constant && values[i].Number <= ulong.MaxValue)
            {
                Constants |= 1UL << i;
                _small[i] = (ulong)values[i].Number;
            }

            hash.Add(values[i]);
        }

        hash.Add(marks);
        _hash = hash.ToHashCode();
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
    public static PacketView Zero() => new(new FieldValue[PacketFields.StoredCount], default);

    public PacketView With(PacketField field, FieldValue value)
    {
        if (_values[(int)field].Equals(value))
        {
            return this;
        }

        var values = _values.AsSpan().ToArray();
        values[(int)field] = value;
        return new(values, Marks);
    }

    public PacketView With(params ReadOnlySpan<(PacketField Field, FieldValue Value)> changes)
    {
        var values = _values.AsSpan().ToArray();
        foreach (var (field, value) in changes)
        {
            values[(int)field] = value;
        }

        return new(values, Marks);
    }

    public PacketView With(PacketField field, UInt128 number) => With(field, FieldValue.Constant(number));

    public PacketView With(ViewMarks marks) => marks == Marks ? this : new(_values, marks);

    /// <summary>Forgets what maps gave to a rule that is over.</summary>
    public PacketView WithoutSlots()
    {
        for (var i = (int)PacketField.Slot0; i < PacketFields.StoredCount; i++)
        {
            if (_values[i] != default)
            {
                var values = _values.AsSpan().ToArray();
                values.AsSpan((int)PacketField.Slot0).Clear();
                return new(values, Marks);
            }
        }

        return this;
    }

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
/// <param name="BoundInterface">The interface the socket is bound to, 0 for none.</param>
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
    SetAddition? Additions);

/// <summary>What connection tracking says of a packet once it has looked.</summary>
/// <param name="State">The state.</param>
/// <param name="IsReply">Whether it goes the other way.</param>
internal readonly record struct ComingConnection(ConnectionState State, bool IsReply);

/// <summary>An element that a rule on the packet's way added to a set or deleted from it.</summary>
/// <param name="Set">The set.</param>
/// <param name="IsDeletion">Whether it was deleted.</param>
/// <param name="Key">The key's text, equal for equal keys.</param>
/// <param name="Before">What was changed before.</param>
internal sealed record SetAddition(Rules.ElementSet Set, bool IsDeletion, string Key, SetAddition? Before);
