using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>What holds for every filter and every socket.</summary>
public sealed class FilterPropertyTests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void The_canonical_text_reads_back_as_the_same_filter() => Check.One(Config, Prop.ForAll(FilterGenerators.Filters, static node =>
        Assert.Equal(FilterShape.Of(node), FilterShape.Of(Compile(node).Syntax!))));

    [Fact]
    public void A_socket_that_may_match_passes_the_kernels_machine() =>
        ForAll(FilterGenerators.InternetSockets, static (filter, entry, context) =>
        filter.Judge(entry, context) == FilterResult.No || KernelMachine.Accepts(filter.Pushdown.Bytecode.Span, entry));

    [Fact]
    public void A_socket_that_may_match_lies_within_the_bounds() => ForAll(FilterGenerators.Sockets, static (filter, entry, context) =>
    {
        var bounds = filter.Pushdown;
        return filter.Judge(entry, context) == FilterResult.No
            || ((bounds.Protocols & (SocketProtocols)(1 << (int)entry.Protocol)) != 0
                && (bounds.States & (1u << (int)entry.State)) != 0
                && (entry.Protocol >= SocketProtocol.Unix || (entry.IsIPv6 ? bounds.IPv6 : bounds.IPv4)));
    });

    [Fact]
    public void The_cheap_part_never_contradicts_the_whole() => ForAll(FilterGenerators.Sockets, static (filter, entry, context) =>
    {
        var cheap = filter.Judge(entry, FilterContext.EntryOnly);
        return (cheap == FilterResult.Unknown || cheap == filter.Judge(entry, context))
            && filter.CouldMatch(entry) == (cheap != FilterResult.No);
    });

    [Fact]
    public void What_the_kernel_can_decide_it_decides_as_we_do() => Check.One(
        Config,
        Prop.ForAll(FilterGenerators.KernelFilters, FilterGenerators.InternetSockets, static (node, entries) =>
        {
            var filter = Compile(node);
            return entries.TrueForAll(entry => KernelMachine.Accepts(filter.Pushdown.Bytecode.Span, entry)
                == (filter.Judge(entry, FilterContext.EntryOnly) == FilterResult.Yes));
        }));

    [Fact]
    public void Every_program_passes_the_kernels_audit() => Check.One(Config, Prop.ForAll(FilterGenerators.Filters, static node =>
    {
        var program = Compile(node).Pushdown.Bytecode.Span;
        Assert.Null(program.IsEmpty ? null : KernelMachine.Audit(program));
        Assert.InRange(program.Length, 0, 1024);
    }));

    [Trait("Quick", "no")]
    [Fact]
    public void De_Morgans_laws_hold_with_unknown_facts_too() => Check.One(
        Config,
        Prop.ForAll(Arb.From(FilterGenerators.Filters.Generator.Two()), FilterGenerators.Sockets, static (pair, entries) =>
        {
            var (a, b) = pair;
            Same(new NotNode(new AndNode([a, b])), new OrNode([new NotNode(a), new NotNode(b)]), entries);
            Same(new NotNode(new OrNode([a, b])), new AndNode([new NotNode(a), new NotNode(b)]), entries);
            Same(a, new NotNode(new NotNode(a)), entries);
            Same(new AndNode([a, b]), new AndNode([b, a]), entries);
        }));

    [Trait("Quick", "no")]
    [Fact]
    public void Precedence_is_that_of_the_parentheses_one_would_add() => Check.One(Config, Prop.ForAll(
        Arb.From(FilterGenerators.Filters.Generator.Three()),
        FilterGenerators.Sockets,
        static (three, entries) =>
        {
            var (a, b, c) = (Operand(three.Item1), Operand(three.Item2), Operand(three.Item3));
            Same($"{a} or {b} and {c}", $"{a} or ({b} and {c})", entries);
            Same($"{a} and {b} or {c}", $"({a} and {b}) or {c}", entries);
            Same($"not {a} and {b}", $"(not {a}) and {b}", entries);
            Same($"not {a} or {b} {c}", $"(not {a}) or ({b} and {c})", entries);
        }));

    private static void ForAll(Arbitrary<List<SocketEntry>> sockets, Func<SocketFilter, SocketEntry, FilterContext, bool> holds) =>
        Check.One(
        Config,
        Prop.ForAll(FilterGenerators.Filters, sockets, (node, entries) =>
        {
            var filter = Compile(node);
            return entries.TrueForAll(entry => FilterGenerators.Contexts.All(context => holds(filter, entry, context)));
        }));

    private static string Operand(FilterNode node) => $"({node})";

    private static void Same(FilterNode left, FilterNode right, List<SocketEntry> entries) =>
        Same(left.ToString(), right.ToString(), entries);

    private static void Same(string left, string right, List<SocketEntry> entries)
    {
        var (one, other) = (SocketFilter.Parse([left], FilterWorld.Names), SocketFilter.Parse([right], FilterWorld.Names));
        foreach (var entry in entries)
        {
            foreach (var context in FilterGenerators.Contexts)
            {
                Assert.Equal(one.Judge(entry, context), other.Judge(entry, context));
            }
        }
    }

    private static SocketFilter Compile(FilterNode node) => SocketFilter.Parse([node.ToString()], FilterWorld.Names);
}
