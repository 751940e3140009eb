using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading.Decoders;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a chain (NFTA_CHAIN_*, NFTA_HOOK_*).</summary>
internal static class ChainDecoder
{
    private const int Table = 1;
    private const int Handle = 2;
    private const int Name = 3;
    private const int Hook = 4;
    private const int Policy = 5;
    private const int Type = 7;
    private const int Counters = 8;
    private const int Flags = 10;
    private const int Data = 12;
    private const int HookNumber = 1;
    private const int HookPriority = 2;
    private const int HookDevice = 3;
    private const int HookDevices = 4;

    /// <summary>The chain without its rules, or <c>null</c>.</summary>
    internal static RuleChain? Decode(KeptMessage message, ExpressionContext context)
    {
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes) || !attributes.Has(Table) || !attributes.Has(Name))
        {
            return null;
        }

        ChainHook? hook = null;
        if (attributes.Has(Hook))
        {
            hook = DecodeHook(message.Family, in attributes, context);
            if (hook is null)
            {
                return null;
            }
        }

        return new RuleChain(
            message.Family, context.Names.Get(attributes.Span(Table)), context.Names.Get(attributes.Span(Name)),
            attributes.UInt64OrZero(Handle))
        {
            Hook = hook,
            Flags = attributes.UInt32OrZero(Flags),
            Comment = UserData.Text(attributes.Span(Data), UserData.Comment, context.Names),
            Attributes = message.Attributes,
        };
    }

    private static ChainHook? DecodeHook(RuleFamily family, in AttributeSlots chain, ExpressionContext context)
    {
        if (!AttributeSlots.TryRead(chain.Bytes(Hook), out var hook)
            || !hook.TryUInt32(HookNumber, out var number)
            || HookNumbers.Find(family, number) is not { } point
            || !hook.TryUInt32(HookPriority, out var priority)
            || chain.UInt32OrZero(Policy) is var policy && chain.Has(Policy) && policy > (uint)VerdictKind.Accept)
        {
            return null;
        }

        IReadOnlyList<string> devices = hook.Has(HookDevice)
            ? [context.Names.Get(hook.Span(HookDevice))]
            : DeviceNames.Read(hook.Bytes(HookDevices), context.Names);
        var counted = chain.Has(Counters) && AttributeSlots.TryRead(chain.Bytes(Counters), out var counters)
            ? CounterDecoder.Decode(in counters, context) as CounterExpression
            : null;

        // A base chain whose policy is not named accepts (nf_tables_newchain).
        return new ChainHook(
            point,
            (int)priority,
            chain.Has(Type) ? context.Names.Get(chain.Span(Type)) : "filter",
            chain.Has(Policy) ? (VerdictKind)policy : VerdictKind.Accept,
            devices)
        {
            PolicyPackets = counted?.Packets,
            PolicyBytes = counted?.Bytes,
        };
    }
}
