using System.Buffers.Binary;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Tests.Firewall.Rendering;

namespace Portolan.Tests.Reachability.Allowing;

/// <summary>Rules about the destination port as bytecode, and beside them any other expressions.</summary>
internal static class PortBytecode
{
    private static readonly Register First = new(0);

    /// <summary>The ports that rules name.</summary>
    public static IReadOnlyList<ushort> Ports { get; } = [1, 22, 80, 81, 1024, 8080, 40_000, 65_535];

    /// <summary>A set of ports that are let in; the rest is dropped.</summary>
    public static Ruleset SetOf(IReadOnlyList<ushort> ports) => Of(
        HookPoint.Input, "filter",
        [new Rule(1, [Port(), new LookupExpression("s", First, null, false), Verdict(VerdictKind.Accept)])], ports);

    /// <summary>A rule for each port that lets packets to it in, with its number as the handle; the rest is dropped.</summary>
    public static Ruleset RuleForEach(IReadOnlyList<ushort> ports) => Of(
        HookPoint.Input, "filter",
        [.. ports.Select(Let)],
        []);

    /// <summary>From a port on every even one is let in, and some below; the rest is dropped.</summary>
    public static Ruleset EvenPortsFrom(ushort first) => Of(
        HookPoint.Input, "filter",
        [
            .. Enumerable.Range(1, 90).Select(static i => Let((ushort)(i * 10))),
            new Rule(1000, [
                Port(), new RangeExpression(First, false, Bytes(first), Bytes(ushort.MaxValue)),
                new BitwiseExpression(First, First, null, 2, BitwiseOperation.MaskXor, Bytes(1), Bytes(0), default),
                new CompareExpression(First, CompareOperation.Equal, Bytes(0)), Verdict(VerdictKind.Accept)]),
        ],
        []);

    private static Rule Let(ushort port) => new(
        port, [Port(), new CompareExpression(First, CompareOperation.Equal, Bytes(port)), Verdict(VerdictKind.Accept)]);

    /// <summary>Rules at an input hook, or that translate destinations before it.</summary>
    public static Ruleset Rules(Random random)
    {
        var input = Of(HookPoint.Input, "filter", [.. Many(random, 6, static r => VerdictOf(r))], Some(random));
        if (random.Next(2) == 0)
        {
            return input;
        }

        var translating = Of(HookPoint.Prerouting, "nat", [.. Many(random, 3, Redirection)], Some(random));
        return input with { Tables = [.. input.Tables, .. translating.Tables] };
    }

    private static IEnumerable<Rule> Many(Random random, int most, Func<Random, Expression[]> end)
    {
        var strange = RandomRules.Table(random).Chains[0].Rules.SelectMany(static rule => rule.Expressions).ToList();
        for (var i = random.Next(1, most + 1); i > 0; i--)
        {
            var expressions = new List<Expression>();
            if (strange.Count > 0 && random.Next(4) == 0)
            {
                expressions.Add(strange[random.Next(strange.Count)]);
            }

            expressions.AddRange(Test(random));
            expressions.AddRange(end(random));
            yield return new Rule((ulong)i, expressions);
        }
    }

    private static Expression[] Test(Random random) => random.Next(7) switch
    {
        0 => [],
        1 or 2 => [Port(), new CompareExpression(First, (CompareOperation)random.Next(6), Bytes(Any(random)))],
        3 => [Port(), new RangeExpression(First, random.Next(2) == 0, Bytes(80), Bytes(Any(random)))],
        4 => [Port(), new LookupExpression("s", First, null, random.Next(2) == 0)],
        5 =>
        [
            Port(),
            new BitwiseExpression(
                First, First, null, 2, BitwiseOperation.MaskXor, Bytes((ushort)random.Next(65_536)), Bytes(0), default),
            new CompareExpression(First, CompareOperation.Equal, Bytes((ushort)random.Next(4))),
        ],
        _ =>
        [
            new PayloadExpression(First, PayloadBase.Transport, 0, 4),
            new CompareExpression(First, CompareOperation.Equal, new byte[] { 4, 0, 0, 80 }),
        ],
    };

    private static Expression[] VerdictOf(Random random) =>
        [Verdict(random.Next(3) switch { 0 => VerdictKind.Drop, 1 => VerdictKind.Accept, _ => VerdictKind.Return })];

    private static Expression[] Redirection(Random random) => random.Next(3) == 0
        ? VerdictOf(random)
        : [new ImmediateExpression(First, Bytes(Any(random)), null), new RedirectExpression(First, null, 2)];

    private static Ruleset Of(HookPoint point, string type, IReadOnlyList<Rule> rules, IReadOnlyList<ushort> ports)
    {
        var chain = new RuleChain(RuleFamily.Inet, type, "c", 1)
        {
            Hook = new ChainHook(point, type == "nat" ? -100 : 0, type, type == "nat" ? VerdictKind.Accept : VerdictKind.Drop, []),
            Rules = rules,
        };
        var set = new ElementSet("s", 1, SetFlags.None, 13, 2)
        {
            Elements = [.. ports.Select(static port => new SetElement(Bytes(port), default, default, null))],
        };
        return new Ruleset(1, [new RuleTable(RuleFamily.Inet, type, 1) { Chains = [chain], Sets = [set] }]);
    }

    private static IReadOnlyList<ushort> Some(Random random) => [.. Ports.Where(_ => random.Next(2) == 0)];

    private static ushort Any(Random random) => Ports[random.Next(Ports.Count)];

    private static PayloadExpression Port() => new(First, PayloadBase.Transport, 2, 2);

    private static ImmediateExpression Verdict(VerdictKind kind) => new(Register.Verdict, default, new RuleVerdict(kind));

    private static byte[] Bytes(ushort port)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return bytes;
    }
}
