using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Reviewing;

/// <summary>
/// What a rule asks of a packet, as sets of values by what is tested. A rule that also asks something else matches fewer packets
/// than its conditions say; <see cref="IsExact"/> tells that it asks nothing else.
/// </summary>
internal sealed class RuleConditions
{
    private const int MostBits = 128;

    private static readonly uint[] States = [1, 2, 4, 8, 64];

    private readonly Dictionary<ConditionKey, ConditionValues> _conditions = [];

    private RuleConditions()
    {
    }

    /// <summary>The conditions.</summary>
    public IReadOnlyDictionary<ConditionKey, ConditionValues> All => _conditions;

    /// <summary>Whether the rule matches every packet that meets them.</summary>
    public bool IsExact { get; private set; } = true;

    /// <summary>Whether it ends the chain for what it matches.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Whether it changes what later rules may test.</summary>
    public bool Writes { get; private set; }

    /// <summary>Reads a rule.</summary>
    public static RuleConditions Of(TableConditions table, Rule rule)
    {
        var result = new RuleConditions();
        var registers = new Tested?[Register.WordCount];
        foreach (var expression in rule.Expressions)
        {
            result.Read(table, expression, registers);
        }

        return result;
    }

    /// <summary>Whether every packet that another rule can match meets these conditions.</summary>
    /// <param name="other">The other rule.</param>
    /// <param name="work">Taken from for what it costs.</param>
    public bool Include(RuleConditions other, WorkBudget work)
    {
        foreach (var (key, values) in _conditions)
        {
            // Who looks at fewer bytes also matches packets that end before the others.
            if (!other._conditions.TryGetValue(key, out var theirs) || theirs.Bits < values.Bits)
            {
                return false;
            }

            // Nearly always one number tells, without the sets being gone through.
            if (theirs.Bits == values.Bits && theirs.Values.Intervals is [var (number, _), ..] && !values.Values.Contains(number))
            {
                return false;
            }

            work.Take(theirs.Values.Count + values.Values.Count);
            if (!theirs.Values.Except(values.WidenTo(theirs.Bits).Values).IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private void Read(TableConditions table, Expression expression, Tested?[] registers)
    {
        switch (expression)
        {
            case PayloadExpression e:
                Load(registers, e.Destination, e.Length, new Tested(ConditionKey.Payload(e.Base, e.Offset), e.Length * 8, null));
                break;
            case MetaExpression { Key: not (MetaKey.Random or MetaKey.TimeNanoseconds or MetaKey.TimeHour or MetaKey.TimeDay) } e:
                var bits = Bits(e.Key);
                Load(registers, e.Destination, bits / 8, new Tested(ConditionKey.Meta(e.Key, bits), bits, null));
                break;
            case ConnectionTrackingExpression
            {
                Key: ConnectionKey.State or ConnectionKey.Mark or ConnectionKey.Status
                or ConnectionKey.Direction
            } e:
                var size = e.Key == ConnectionKey.Direction ? 1 : 4;
                Load(registers, e.Destination, size, new Tested(ConditionKey.Connection(e.Key, e.Direction, size * 8), size * 8, null));
                break;
            case BitwiseExpression { Operation: BitwiseOperation.MaskXor } e
                when ByteText.IsZero(e.Xor.Span) && Get(registers, e.Source) is { Mask: null } tested && e.Mask.Length * 8 == tested.Bits:
                Load(registers, e.Destination, e.Length, tested with { Mask = ByteText.Number(e.Mask.Span) });
                break;
            case CompareExpression e:
                Add(Get(registers, e.Source), e.Data.Length, (in Tested t) => Compare(t, e.Operation, e.Data.Span));
                break;
            case RangeExpression e:
                Add(Get(registers, e.Source), e.From.Length, (in Tested t) =>
                    t.Mask is null
                        ? Inverted(IntervalSet.Of(ByteText.Number(e.From.Span), ByteText.Number(e.To.Span)), t.Bits, e.Inverted)
                        : null);
                break;
            case LookupExpression { Destination: null } e:
                var set = table.FindSet(e.SetName);
                Add(
                    Get(registers, e.Source), set?.KeyLength ?? 0,
                    (in Tested t) =>
                        t.Mask is null && set is not null && table.ValuesOf(set) is { } values
                            ? Inverted(values, t.Bits, e.Inverted)
                            : null);
                break;
            case ImmediateExpression { Verdict: { } verdict }:
                IsFinal |= verdict.Kind is VerdictKind.Accept or VerdictKind.Drop or VerdictKind.Return or VerdictKind.Goto;
                break;
            case RejectExpression:
                IsFinal = true;
                break;
            case CounterExpression or LogExpression or LastExpression:
                break;
            case MetaWriteExpression or PayloadWriteExpression or ConnectionTrackingWriteExpression
                or ExtensionHeaderExpression { Source: not null } or NoTrackExpression
                or XtTargetExpression or DynamicSetExpression or ObjectReferenceExpression:
                Writes = true;
                break;
            default:
                // It may end the rule, or does what is not known here.
                IsExact = false;
                Forget(registers, expression);
                break;
        }
    }

    private void Add(Tested? tested, int length, Values values)
    {
        if (tested is not { } known || known.Bits != length * 8 || known.Bits > MostBits || values(known) is not { } passed)
        {
            IsExact = false;
            return;
        }

        var next = new ConditionValues(passed, known.Bits);
        if (_conditions.TryGetValue(known.Key, out var before))
        {
            var bits = Math.Max(before.Bits, next.Bits);
            next = new ConditionValues(before.WidenTo(bits).Values.Intersect(next.WidenTo(bits).Values), bits);
        }

        _conditions[known.Key] = next;
    }

    private static IntervalSet? Compare(Tested tested, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        var value = ByteText.Number(data);
        if (tested.Mask is { } mask)
        {
            if (operation is not (CompareOperation.Equal or CompareOperation.NotEqual))
            {
                return null;
            }

            var isNot = operation == CompareOperation.NotEqual;
            if (tested.Key is { Source: ConditionSource.Connection, Number: (uint)ConnectionKey.State })
            {
                return StateValues(mask, value, isNot);
            }

            var prefix = ByteText.PrefixLength(ByteText.Bytes(mask, tested.Bits / 8));
            return prefix is { } length
                ? ((value & ~mask) == 0 ? Inverted(IntervalSet.Prefix(value, length, tested.Bits), tested.Bits, isNot) : null)
                : tested.Bits == 8
                ? Inverted(
                    IntervalSet.From(
                        Enumerable.Range(0, 256).Where(v => ((UInt128)v & mask) == value).Select(
                            v => new Interval((UInt128)v, (UInt128)v))), 8, isNot)
                : null;
        }

        var largest = UInt128.MaxValue >> (128 - tested.Bits);
        return operation switch
        {
            CompareOperation.Equal => IntervalSet.Of(value),
            CompareOperation.NotEqual => Inverted(IntervalSet.Of(value), tested.Bits, isInverted: true),
            CompareOperation.Less => value == 0 ? IntervalSet.Empty : IntervalSet.Of(0, value - 1),
            CompareOperation.LessOrEqual => IntervalSet.Of(0, value),
            CompareOperation.Greater => value == largest ? IntervalSet.Empty : IntervalSet.Of(value + 1, largest),
            CompareOperation.GreaterOrEqual => IntervalSet.Of(value, largest),
            _ => null,
        };
    }

    // A packet's state is one bit.
    private static IntervalSet StateValues(UInt128 mask, UInt128 value, bool isNot) => IntervalSet.From(States
        .Select(state => ByteText.Number(ByteText.ToNetwork(ByteText.Bytes(state, 4), isHostOrder: true)))
        .Where(state => ((state & mask) == value) != isNot)
        .Select(state => new Interval(state, state)));

    private static IntervalSet Inverted(IntervalSet values, int bits, bool isInverted) =>
        isInverted ? IntervalSet.All(bits).Except(values) : values;

    private static int Bits(MetaKey key) => key switch
    {
        MetaKey.TransportProtocol or MetaKey.NetfilterProtocol => 8,
        MetaKey.Protocol or MetaKey.InputInterfaceType or MetaKey.OutputInterfaceType => 16,
        MetaKey.InputInterfaceName or MetaKey.OutputInterfaceName => 128,
        _ => 32,
    };

    private static void Load(Tested?[] registers, Register register, int length, Tested tested)
    {
        var words = Math.Max(1, (length + 3) / 4);
        for (var i = 0; i < words && register.Word + i < registers.Length; i++)
        {
            registers[register.Word + i] = i == 0 ? tested : null;
        }
    }

    private static Tested? Get(Tested?[] registers, Register register) =>
        register.IsVerdict || register.Word >= registers.Length ? null : registers[register.Word];

    // What an unknown expression loads, it may load anywhere.
    private static void Forget(Tested?[] registers, Expression expression)
    {
        if (expression is not (LimitExpression or QuotaExpression or ConnectionLimitExpression or XtMatchExpression))
        {
            Array.Clear(registers);
        }
    }

    private delegate IntervalSet? Values(in Tested tested);

    private readonly record struct Tested(ConditionKey Key, int Bits, UInt128? Mask);
}
