using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Rules that change options of TCP, such as the MSS: what a later rule sees of them is not followed.</summary>
internal static class SegmentOptions
{
    private const string Why = "an earlier rule may have changed a TCP option";

    /// <summary>From here on options may be others than the sender's.</summary>
    public static void MayChange(RuleBuilder rule)
    {
        rule.Add(new SetFieldStep(PacketField.TcpOptions, BitValue.Unknown(1, Why), rule.Context, false, Why));
        rule.Add(new SetFieldStep(PacketField.TcpSegmentSize, BitValue.Unknown(2, Why), rule.Context, false, Why));
    }
}
