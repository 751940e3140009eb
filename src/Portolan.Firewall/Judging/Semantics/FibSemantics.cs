using System.Buffers.Binary;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A look into the routing tables (nft_fib4_eval, nft_fib6_eval and their types).</summary>
internal sealed class FibSemantics : ExpressionMeaning<FibExpression>
{
    private const string NotSure = "the route it looks up is uncertain";
    private const int NameLength = 16;

    protected override void Compile(FibExpression expression, RuleBuilder rule)
    {
        var bytes = expression.Result == FibResult.InterfaceName && (expression.Flags & FibFlags.Present) == 0 ? NameLength
            : (expression.Flags & FibFlags.Present) != 0 ? 1 : 4;
        if (rule.TakeSlots(bytes) is not [var slot])
        {
            rule.Doubt(NotSure);
            rule.Store(expression.Destination, BitValue.Unknown(bytes, NotSure));
            return;
        }

        IKeyIndex index = expression.Result == FibResult.AddressType
            ? Types(expression, rule.Context)
            : new FibOutputIndex(rule.Context, expression.Flags);
        var interfaces = rule.Context.Interfaces;
        rule.Add(new NumberedMapStep(index, slot, number => Value(expression, interfaces, number), rule.Question(NotSure)));
        rule.Store(expression.Destination, new(BitSegment.Of(slot, 128 - (bytes * 8), bytes * 8)));
    }

    private static AddressKindIndex Types(FibExpression expression, JudgeContext context)
    {
        var field = (expression.Flags & FibFlags.Source) != 0 ? PacketField.SourceAddress : PacketField.DestinationAddress;
        var device = (expression.Flags & FibFlags.Input) != 0 ? PacketField.InputInterface
            : (expression.Flags & FibFlags.Output) != 0 ? PacketField.OutputInterface : (PacketField?)null;
        return new AddressKindIndex(
            context.Routes, context.IsIPv4, field, device,
            (addresses, index, link) => AddressTypes.OfIPv6(context, addresses, index, link));
    }

    private static UInt128 Value(FibExpression expression, InterfaceCatalog interfaces, int number)
    {
        Span<byte> bytes = stackalloc byte[NameLength];
        bytes.Clear();
        if ((expression.Flags & FibFlags.Present) != 0)
        {
            bytes[0] = number != 0 ? (byte)1 : (byte)0;
        }
        else if (expression.Result == FibResult.InterfaceName)
        {
            return interfaces.Value(PacketField.OutputName, number) ?? 0;
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        }

        return BitValue.Number(bytes);
    }
}
