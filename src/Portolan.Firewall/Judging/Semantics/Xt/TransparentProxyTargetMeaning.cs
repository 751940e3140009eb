using System.Buffers.Binary;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Assigns packets to a transparent socket, marks and accepts them; drops them without one (tproxy_tg4).</summary>
internal sealed class TransparentProxyTargetMeaning : XtTargetMeaning<TransparentProxyTarget>
{
    protected override void Compile(TransparentProxyTarget target, RuleBuilder rule)
    {
        if (rule.Context.Protocol is not (6 or 17))
        {
            rule.Decide(Decision.Drop);
            return;
        }

        Span<byte> address = stackalloc byte[rule.Context.IsIPv4 ? 4 : 16];
        for (var (i, number) = (address.Length - 1, target.Address.Number); i >= 0; i--, number >>= 8)
        {
            address[i] = (byte)number;
        }

        Span<byte> port = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, target.Port);
        rule.Add(new TransparentProxyStep(rule.Reference, rule.Context, BitValue.Constant(address), BitValue.Constant(port))
        {
            Otherwise = Decision.Drop,
        });
        rule.Add(new SetFieldStep(
            PacketField.Mark, XtMarks.Change(PacketField.Mark, target.Mark, target.Mask), rule.Context, false, XtMarks.Unknown));
        rule.Decide(Decision.Accept);
    }
}
