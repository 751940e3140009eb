using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Tests.Firewall.Rendering;

/// <summary>Rules that no program would make: any expression with any registers, lengths, numbers and names.</summary>
internal static class RandomRules
{
    private static readonly string[] Names = [
        "input", "a b", "\"; drop", "x\ny", "\u001b[31m", "\u202egnp", "", "__set0", "accept", "-1", "ü", new('x', 300), "*", "\\"];

    /// <summary>A table full of them.</summary>
    public static RuleTable Table(
        Random random) =>
            new(
                Pick(
                    random,
                    [RuleFamily.Inet, RuleFamily.Ip, RuleFamily.Ip6, RuleFamily.Arp, RuleFamily.Bridge, RuleFamily.NetDevice,
                        (RuleFamily)99]), Name(random), 1)
            {
                IsLegacy = random.Next(8) == 0,
                Comment = random.Next(2) == 0 ? Name(random) : null,
                Flags = (TableFlags)random.Next(8),
                Sets = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Set(random))],
                Objects =
                    [.. Enumerable.Range(0, random.Next(3)).Select(_ => new StatefulObject(Name(random), (ObjectKind)random.Next(12), 1)
        {
            Expression = Expression(random, 0),
            Data = Bytes(random),
            Attributes = Bytes(random),
        })],
                Flowtables = [new Flowtable(Name(random), 1, random.Next(), [Name(random)], (uint)random.Next(8))],
                Chains =
        [
            new RuleChain(RuleFamily.Inet, "t", Name(random), 1)
            {
                Flags = (uint)random.Next(8),
                Comment = Name(random),
                Hook = random.Next(2) == 0
                    ? null
                    : new ChainHook(
                        (HookPoint)random.Next(9), random.Next(int.MinValue, int.MaxValue), Name(random), VerdictKind.Drop, [Name(random)]),
                Rules = [.. Enumerable.Range(0, random.Next(6)).Select(
                    i => new Rule((ulong)i, [.. Enumerable.Range(0, random.Next(7)).Select(_ => Expression(random, 0))]) { Comment =
                        random.Next(3) == 0 ? Name(random) : null })],
            },
        ],
            };

    private static ElementSet Set(Random random) =>
        new(Name(random), 1, (SetFlags)random.Next(512), (uint)random.Next(0, 1 << 14), random.Next(0, 40))
        {
            DataType = random.Next(3) == 0 ? uint.MaxValue << 8 : (uint)random.Next(0, 1 << 13),
            DataLength = random.Next(0, 40),
            Fields = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(0, 20))],
            Comment = Name(random),
            Attributes = Bytes(random),
            Expressions = [.. Enumerable.Range(0, random.Next(2)).Select(_ => Expression(random, 1))],
            Elements =
        [
            .. Enumerable.Range(0, random.Next(6)).Select(
                _ => new SetElement(
                    Bytes(random), random.Next(3) == 0 ? Bytes(random) : default, (SetElementFlags)random.Next(4),
                    random.Next(2) == 0 ? null : new SetElementExtra
            {
                Data = Bytes(random),
                Verdict = random.Next(2) == 0 ? new RuleVerdict((VerdictKind)random.Next(-6, 5), Name(random)) : null,
                ObjectName = random.Next(2) == 0 ? Name(random) : null,
                TimeoutMilliseconds = (ulong)random.NextInt64(),
                ExpirationMilliseconds = (ulong)random.NextInt64(),
                Comment = Name(random),
                Expressions = [Expression(random, 1)],
            })),
        ],
        };

    private static Expression Expression(Random random, int depth) => random.Next(44) switch
    {
        0 or 1 or 2 => new PayloadExpression(Reg(random), (PayloadBase)random.Next(6), random.Next(0, 80), random.Next(0, 40)),
        3 or 4 => new MetaExpression(Reg(random), (MetaKey)random.Next(45)),
        5 or 6 =>
            new ConnectionTrackingExpression(
                Reg(random), (ConnectionKey)random.Next(26), random.Next(2) == 0 ? null : (ConnectionDirection)random.Next(3)),
        7 or 8 or 9 => new CompareExpression(Reg(random), (CompareOperation)random.Next(8), Bytes(random)),
        10 => new RangeExpression(Reg(random), random.Next(2) == 0, Bytes(random), Bytes(random)),
        11 or 12 => new LookupExpression(Name(random), Reg(random), random.Next(2) == 0 ? null : Reg(random), random.Next(2) == 0),
        13 or 14 =>
            new BitwiseExpression(
                Reg(random), Reg(random), random.Next(2) == 0 ? null : Reg(random), random.Next(20), (BitwiseOperation)random.Next(7),
                Bytes(random), Bytes(random), Bytes(random)),
        15 => new ByteOrderExpression(Reg(random), Reg(random), random.Next(2) == 0, random.Next(20), random.Next(9)),
        16 or 17 =>
            new ImmediateExpression(
                Reg(random), Bytes(random),
                random.Next(2) == 0 ? null : new RuleVerdict((VerdictKind)random.Next(-6, 5), random.Next(2) == 0 ? null : Name(random))),
        18 => new CounterExpression((ulong)random.NextInt64(), (ulong)random.NextInt64()),
        19 => new LimitExpression(
            (ulong)random.NextInt64(), (ulong)random.Next(0, 70), (uint)random.Next(), random.Next(2) == 0, random.Next(2) == 0),
        20 => new RejectExpression((RejectKind)random.Next(5), (byte)random.Next(256)),
        21 => new NatExpression(
            random.Next(2) == 0, Pick(random, [RuleFamily.Ip, RuleFamily.Ip6, RuleFamily.Inet]), Maybe(random), Maybe(random),
            Maybe(random), Maybe(random), (uint)random.Next(256)),
        22 => new MasqueradeExpression((uint)random.Next(64), Maybe(random), Maybe(random)),
        23 => new RedirectExpression(Maybe(random), Maybe(random), (uint)random.Next(64)),
        24 => new TransparentProxyExpression(Pick(random, [RuleFamily.Ip, RuleFamily.Ip6]), Maybe(random), Maybe(random)),
        25 => new DynamicSetExpression(
            Name(random), (DynamicSetOperation)random.Next(4), Reg(random), Maybe(random), (ulong)random.NextInt64(), random.Next(2) == 0,
            depth > 2 ? [] : [Expression(random, depth + 1)]),
        26 => new ObjectReferenceExpression(
            (ObjectKind)random.Next(12), random.Next(2) == 0 ? null : Name(random), random.Next(2) == 0 ? null : Name(random),
            Maybe(random)),
        27 => new LogExpression(Name(random), random.Next(2) == 0 ? null : (ushort)7, 3, 4, (uint)random.Next(20), (uint)random.Next(64)),
        28 => new QueueExpression((ushort)random.Next(65536), (ushort)random.Next(65536), (uint)random.Next(8), Maybe(random)),
        29 => new ExtensionHeaderExpression(
            Maybe(random), Maybe(random), (ExtensionHeaderKind)random.Next(6), random.Next(256), random.Next(256), random.Next(40),
            random.Next(2) == 0),
        30 => new FibExpression(Reg(random), (FibResult)random.Next(5), (FibFlags)random.Next(64)),
        31 => new HashExpression(
            Maybe(random), Reg(random), random.Next(70), (uint)random.Next(), (uint)random.Next(), (uint)random.Next()),
        32 => new NumberGeneratorExpression(Reg(random), (uint)random.Next(), random.Next(2) == 0, (uint)random.Next()),
        33 => new PayloadWriteExpression(Reg(random), (PayloadBase)random.Next(6), random.Next(60), random.Next(20), 1, 10, 0),
        34 => new MetaWriteExpression(Reg(random), (MetaKey)random.Next(45)),
        35 => new ConnectionTrackingWriteExpression(Reg(random), (ConnectionKey)random.Next(26), null),
        36 => new XtMatchExpression(Name(random), (uint)random.Next(5), Bytes(random)),
        37 => new XtTargetExpression(Name(random), (uint)random.Next(5), Bytes(random)),
        38 => new SocketExpression(Reg(random), (uint)random.Next(5), (uint)random.Next(5)),
        39 => new XfrmExpression(Reg(random), (uint)random.Next(8), (byte)random.Next(3), (uint)random.Next()),
        40 => new RoutingExpression(Reg(random), (uint)random.Next(6)),
        41 => new ForwardExpression(Maybe(random), Maybe(random), RuleFamily.Ip6),
        42 => new DuplicateExpression(Maybe(random), Maybe(random)),
        _ => new UnknownExpression(Name(random), Bytes(random)),
    };

    private static Register Reg(Random random) =>
        random.Next(10) == 0 ? Register.Verdict : new Register((byte)random.Next(random.Next(4) == 0 ? Register.WordCount : 2));

    private static Register? Maybe(Random random) => random.Next(2) == 0 ? null : Reg(random);

    private static string Name(Random random) => Pick(random, Names);

    private static T Pick<T>(Random random, T[] items) => items[random.Next(items.Length)];

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(4) switch { 0 => random.Next(0, 40), 1 => 4, 2 => 2, _ => 1 }];
        random.NextBytes(bytes);
        return bytes;
    }
}
