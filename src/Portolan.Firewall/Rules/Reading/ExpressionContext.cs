using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>What decoders share: names, and how nested data and expressions are read.</summary>
/// <remarks>One thread.</remarks>
internal sealed class ExpressionContext
{
    private const int ListElement = 1;
    private const int ExpressionName = 1;
    private const int ExpressionData = 2;
    private const int DataValue = 1;
    private const int DataVerdict = 2;
    private const int VerdictCode = 1;
    private const int VerdictChain = 2;

    /// <summary>NF_VERDICT_MASK: above are a queue's number or an error number.</summary>
    private const int VerdictMask = 0xff;

    /// <summary>An element's expressions carry none themselves; a hostile message might go on for ever.</summary>
    private const int DeepestNest = 2;

    private readonly Dictionary<string, ExpressionDecoder> _decoders = new(StringComparer.Ordinal);
    private int _depth;

    /// <summary>Starts with no names.</summary>
    internal ExpressionContext()
    {
        foreach (var decoder in ExpressionDecoders.All())
        {
            _decoders.Add(decoder.Name, decoder);
        }
    }

    /// <summary>The names met so far.</summary>
    internal NamePool Names { get; } = new();

    /// <summary>The family of the rule that is decoded, which layouts of x_tables depend on.</summary>
    internal RuleFamily Family { get; set; }

    /// <summary>The decoder of matches and targets of x_tables, which most rulesets do not need.</summary>
    internal XtDecoder Xt => field ??= new XtDecoder();

    /// <summary>A list of expressions (NFTA_RULE_EXPRESSIONS and the like).</summary>
    /// <returns>Whether it is a list of named expressions; those that are not understood are <see cref="UnknownExpression"/>.</returns>
    internal bool TryList(ReadOnlyMemory<byte> list, out IReadOnlyList<Expression> expressions)
    {
        var count = 0;
        var counting = new AttributeWalk(list);
        while (counting.MoveNext())
        {
            count += counting.Type == ListElement ? 1 : 0;
        }

        expressions = [];
        if (counting.IsMalformed || _depth >= DeepestNest)
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        var decoded = new Expression[count];
        count = 0;
        var walk = new AttributeWalk(list);
        while (walk.MoveNext())
        {
            if (walk.Type == ListElement)
            {
                if (DecodeOne(walk.Value) is not { } expression)
                {
                    return false;
                }

                decoded[count++] = expression;
            }
        }

        expressions = decoded;
        return true;
    }

    /// <summary>One expression (NFTA_DYNSET_EXPR, NFTA_SET_ELEM_EXPR).</summary>
    internal bool TrySingle(ReadOnlyMemory<byte> expression, out IReadOnlyList<Expression> expressions)
    {
        var decoded = _depth < DeepestNest ? DecodeOne(expression) : null;
        expressions = decoded is null ? [] : [decoded];
        return decoded is not null;
    }

    /// <summary>An expression by its name; never <c>null</c>.</summary>
    internal Expression Decode(string name, ReadOnlyMemory<byte> data)
    {
        _depth++;
        var expression =
            _decoders.TryGetValue(name, out var decoder) && AttributeSlots.TryRead(data, decoder.LastAttribute, out var attributes)
            ? decoder.Decode(in attributes, this)
            : null;
        _depth--;
        return expression ?? new UnknownExpression(name, data);
    }

    /// <summary>A value (NFTA_DATA_VALUE), of at least one byte.</summary>
    internal bool TryValue(ReadOnlyMemory<byte> data, out ReadOnlyMemory<byte> value) =>
        TryData(data, out value, out var verdict) && verdict is null;

    /// <summary>A value or a verdict (NFTA_DATA_*).</summary>
    internal bool TryData(ReadOnlyMemory<byte> data, out ReadOnlyMemory<byte> value, out RuleVerdict? verdict)
    {
        value = default;
        verdict = null;
        if (!AttributeSlots.TryRead(data, DataVerdict, out var attributes))
        {
            return false;
        }

        value = attributes.Bytes(DataValue);
        if (!attributes.Has(DataVerdict))
        {
            return !value.IsEmpty;
        }

        return value.IsEmpty && TryVerdict(attributes.Bytes(DataVerdict), out verdict);
    }

    private bool TryVerdict(ReadOnlyMemory<byte> data, out RuleVerdict? verdict)
    {
        verdict = null;
        if (!AttributeSlots.TryRead(data, out var attributes) || !attributes.TryUInt32(VerdictCode, out var number))
        {
            return false;
        }

        var code = (int)number;
        var kind = (VerdictKind)(code < 0 ? code : code & VerdictMask);
        if (kind is < VerdictKind.Return or > VerdictKind.Queue)
        {
            return false;
        }

        var chain = attributes.Has(VerdictChain) ? Names.Get(attributes.Span(VerdictChain)) : null;
        verdict = new RuleVerdict(kind, chain);
        return (chain is not null) == (kind is VerdictKind.Jump or VerdictKind.Goto);
    }

    private Expression? DecodeOne(ReadOnlyMemory<byte> bytes) =>
        AttributeSlots.TryRead(bytes, out var attributes) && attributes.Has(ExpressionName)
            ? Decode(Names.Get(attributes.Span(ExpressionName)), attributes.Bytes(ExpressionData))
            : null;
}
