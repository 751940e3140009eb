using System.Globalization;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary>Targets of x_tables as iptables-save writes them.</summary>
internal static class XtTargetText
{
    // NF_NAT_RANGE_* (linux/netfilter/nf_nat.h).
    private const uint RandomFlag = 4;
    private const uint PersistentFlag = 8;
    private const uint FullyRandomFlag = 0x10;

    /// <summary>The words; of a target that is not decoded its name and how many bytes its parameters are.</summary>
    public static string Of(XtTargetExpression expression, RuleFamily family, RuleTextOptions options) => expression.Target switch
    {
        MasqueradeTarget t => $"-j MASQUERADE{(t.Range.HasPorts ? $" --to-ports {Ports(t.Range)}" : "")}{Flags(t.Range)}",
        RedirectTarget t => $"-j REDIRECT{(t.Range.HasPorts ? $" --to-ports {Ports(t.Range)}" : "")}{Flags(t.Range)}",
        SourceNatTarget t => $"-j SNAT --to-source {To(t.Range)}{Flags(t.Range)}",
        DestinationNatTarget t => $"-j DNAT --to-destination {To(t.Range)}{Flags(t.Range)}",
        NetMapTarget t => $"-j NETMAP --to {t.Range.First}-{t.Range.Last}",
        RejectTarget t => $"-j REJECT --reject-with {Reject(t, family)}",
        LogTarget t => Log(t),
        NetlinkLogTarget t => NetlinkLog(t.Group, t.Prefix, t.Length, t.Threshold),
        MarkTarget t => string.Create(CultureInfo.InvariantCulture, $"-j MARK --set-xmark 0x{t.Mark:x}/0x{t.Mask:x}"),
        ConnmarkTarget t => Connmark(t),
        ConnectionTrackingTarget t => Tracking(t),
        SegmentSizeTarget t =>
            t.Size == SegmentSizeTarget.ToPathMtu
                ? "-j TCPMSS --clamp-mss-to-pmtu"
                : string.Create(CultureInfo.InvariantCulture, $"-j TCPMSS --set-mss {t.Size}"),
        HopLimitTarget t => string.Create(
            CultureInfo.InvariantCulture,
            $"-j {expression.Name} --{expression.Name.ToLowerInvariant()}-{HopLimitWord(t.Change)} {t.Value}"),
        SetTarget t => SetWords(t, options),
        TransparentProxyTarget t => string.Create(
            CultureInfo.InvariantCulture, $"-j TPROXY --on-port {t.Port} --on-ip {t.Address} --tproxy-mark 0x{t.Mark:x}/0x{t.Mask:x}"),
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"-j {IptablesWords.Word(expression.Name)} [revision {expression.Revision}, {expression.Info.Length} bytes]"),
    };

    private static string HopLimitWord(HopLimitChange change) => change switch
    {
        HopLimitChange.Increase => "inc",
        HopLimitChange.Decrease => "dec",
        _ => "set",
    };

    /// <summary><c>-j NFLOG</c>.</summary>
    public static string NetlinkLog(ushort group, string prefix, uint? length, ushort threshold)
    {
        var text = new StringBuilder("-j NFLOG");
        if (prefix.Length > 0)
        {
            text.Append($" --nflog-prefix {IptablesWords.Quoted(prefix)}");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"{(group == 0 ? "" : $" --nflog-group {group}")}{(length is { } size and not 0 ? $" --nflog-size {size}" : "")}");
        return text.Append(CultureInfo.InvariantCulture, $"{(threshold is 0 or 1 ? "" : $" --nflog-threshold {threshold}")}").ToString();
    }

    private static string To(NatRange range)
    {
        var address = !range.HasAddresses
            ? ""
            : range.First == range.Last
            ? Bracketed(range.First, range.HasPorts)
            : $"{Bracketed(range.First, range.HasPorts)}-{Bracketed(range.Last, range.HasPorts)}";
        return range.HasPorts ? $"{address}:{Ports(range)}" : address;
    }

    private static string Bracketed(InternetAddress address, bool hasPort) =>
        hasPort && !address.IsIPv4 ? $"[{address}]" : address.ToString();

    private static string Ports(NatRange range)
    {
        var first = range.FirstPort.ToString(CultureInfo.InvariantCulture);
        var ports = range.FirstPort == range.LastPort ? first : string.Create(CultureInfo.InvariantCulture, $"{first}-{range.LastPort}");
        return range.IsShifted ? string.Create(CultureInfo.InvariantCulture, $"{ports}/{range.BasePort}") : ports;
    }

    private static string Flags(NatRange range) =>
        $"{((range.Flags & RandomFlag) != 0 ? " --random" : "")}{((range.Flags & FullyRandomFlag) != 0 ? " --random-fully" : "")}"
            + $"{((range.Flags & PersistentFlag) != 0 ? " --persistent" : "")}";

    private static string Reject(RejectTarget target, RuleFamily family) => (target.Kind, family) switch
    {
        (RejectKind.TcpReset, _) => "tcp-reset",
        (_, RuleFamily.Ip6) => target.Code switch
        {
            0 => "icmp6-no-route",
            1 => "icmp6-adm-prohibited",
            3 => "icmp6-addr-unreachable",
            4 => "icmp6-port-unreachable",
            5 => "icmp6-policy-fail",
            6 => "icmp6-reject-route",
            var code => string.Create(CultureInfo.InvariantCulture, $"[code {code}]"),
        },
        _ => target.Code switch
        {
            0 => "icmp-net-unreachable",
            1 => "icmp-host-unreachable",
            2 => "icmp-proto-unreachable",
            3 => "icmp-port-unreachable",
            9 => "icmp-net-prohibited",
            10 => "icmp-host-prohibited",
            13 => "icmp-admin-prohibited",
            var code => string.Create(CultureInfo.InvariantCulture, $"[code {code}]"),
        },
    };

    // XT_LOG_* (linux/netfilter/xt_LOG.h).
    private static string Log(LogTarget target)
    {
        var text = new StringBuilder("-j LOG");
        if (target.Prefix.Length > 0)
        {
            text.Append($" --log-prefix {IptablesWords.Quoted(target.Prefix)}");
        }

        text.Append(CultureInfo.InvariantCulture, $"{(target.Level == 4 ? "" : $" --log-level {target.Level}")}");
        (byte Flag, string Word)[] flags = [
            (1, "--log-tcp-sequence"), (2, "--log-tcp-options"), (4, "--log-ip-options"), (8, "--log-uid"), (0x20, "--log-macdecode")];
        foreach (var (flag, word) in flags)
        {
            text.Append((target.Flags & flag) != 0 ? $" {word}" : "");
        }

        return text.ToString();
    }

    private static string Connmark(ConnmarkTarget target)
    {
        var masks = string.Create(CultureInfo.InvariantCulture, $" --nfmask 0x{target.PacketMask:x} --ctmask 0x{target.ConnectionMask:x}");
        return target.Mode switch
        {
            ConnmarkMode.Set =>
                string.Create(
                    CultureInfo.InvariantCulture, $"-j CONNMARK --set-xmark 0x{target.ConnectionMark:x}/0x{target.ConnectionMask:x}"),
            ConnmarkMode.Save => $"-j CONNMARK --save-mark{masks}",
            _ => $"-j CONNMARK --restore-mark{masks}",
        };
    }

    private static string Tracking(ConnectionTrackingTarget target)
    {
        if (target.IsNotTracked)
        {
            return "-j CT --notrack";
        }

        var zone = target.Zone == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" --zone {target.Zone}");
        return $"-j CT{(target.Helper.Length > 0 ? $" --helper {IptablesWords.Word(target.Helper)}" : "")}"
            + $"{(target.Timeout.Length > 0 ? $" --timeout {IptablesWords.Word(target.Timeout)}" : "")}{zone}";
    }

    private static string SetWords(SetTarget target, RuleTextOptions options)
    {
        var text = new StringBuilder("-j SET");
        if (target.Add.Index != SetReference.None)
        {
            text.Append($" --add-set {XtMatchText.Set(target.Add, options)}");
        }

        if (target.Delete.Index != SetReference.None)
        {
            text.Append($" --del-set {XtMatchText.Set(target.Delete, options)}");
        }

        if (target.Map is { } map && map.Index != SetReference.None)
        {
            text.Append($" --map-set {XtMatchText.Set(map, options)}");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{(target.TimeoutSeconds is { } seconds ? $" --timeout {seconds}" : "")}")
            .ToString();
    }
}
