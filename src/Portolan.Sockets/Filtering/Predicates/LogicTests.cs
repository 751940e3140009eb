using Portolan.Sockets.Filtering.Pushdown;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>All or any of several tests.</summary>
internal sealed class CombinedTest : SocketTest
{
    private readonly SocketTest[] _tests;
    private readonly bool _all;

    private CombinedTest(SocketTest[] tests, bool all)
    {
        _tests = tests;
        _all = all;
        Needs = tests.Aggregate(FilterNeeds.None, static (needs, test) => needs | test.Needs);
        Cost = tests.Sum(static test => test.Cost);
    }

    /// <inheritdoc/>
    public override FilterNeeds Needs { get; }

    /// <inheritdoc/>
    public override int Cost { get; }

    /// <summary>Holds when all hold.</summary>
    public static SocketTest All(params IEnumerable<SocketTest> tests) => Combine(tests, all: true);

    /// <summary>Holds when any holds.</summary>
    public static SocketTest Any(params IEnumerable<SocketTest> tests) => Combine(tests, all: false);

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        var decisive = _all ? FilterResult.No : FilterResult.Yes;
        var result = _all ? FilterResult.Yes : FilterResult.No;
        foreach (var test in _tests)
        {
            var judged = test.Judge(entry, context);
            if (judged == decisive)
            {
                return decisive;
            }

            if (judged == FilterResult.Unknown)
            {
                result = FilterResult.Unknown;
            }
        }

        return result;
    }

    // De Morgan: the negation of "all hold" is "any does not hold".

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds)
    {
        var isAnd = _all == holds;
        var bounds = isAnd ? SocketBounds.All : SocketBounds.None;
        foreach (var test in _tests)
        {
            bounds = isAnd ? bounds.Intersect(test.Bounds(holds)) : bounds.Union(test.Bounds(holds));
        }

        return bounds;
    }

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds)
    {
        var conditions = _tests.Select(test => test.Kernel(holds));
        return _all == holds ? KernelCondition.All(conditions) : KernelCondition.Any(conditions);
    }

    private static SocketTest Combine(IEnumerable<SocketTest> tests, bool all)
    {
        // Cheap tests first: an unfit state or port is seen before a process name is compared. A stable order keeps runs alike.
        var ordered = tests.OrderBy(static test => test.Cost).ToArray();
        return ordered switch
        {
            [] => all ? ConstantTest.Yes : ConstantTest.No,
            [var only] => only,
            _ => new CombinedTest(ordered, all),
        };
    }
}

/// <summary>The opposite of a test; unknown stays unknown.</summary>
internal sealed class NotTest(SocketTest test) : SocketTest
{
    /// <inheritdoc/>
    public override FilterNeeds Needs => test.Needs;

    /// <inheritdoc/>
    public override int Cost => test.Cost;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        (FilterResult)(FilterResult.Yes - test.Judge(entry, context));

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => test.Bounds(!holds);

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) => test.Kernel(!holds);
}

/// <summary>Always the same.</summary>
internal sealed class ConstantTest : SocketTest
{
    private readonly bool _value;

    private ConstantTest(bool value) => _value = value;

    /// <summary>Holds for every socket.</summary>
    public static ConstantTest Yes { get; } = new(true);

    /// <summary>Holds for none.</summary>
    public static ConstantTest No { get; } = new(false);

    /// <inheritdoc/>
    public override int Cost => 0;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) => Decided(_value);

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => holds == _value ? SocketBounds.All : SocketBounds.None;

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) => holds == _value ? KernelCondition.True : KernelCondition.False;
}
