using System.Globalization;
using System.Text;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>log prefix "dropped " level info</c>.</summary>
internal static class LogText
{
    private const uint DefaultLevel = 4;

    private static readonly string[] Levels = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];

    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, LogExpression log) => rule.Emit(scope =>
    {
        var text = new StringBuilder("log");
        if (log.Prefix is { Length: > 0 } prefix)
        {
            text.Append($" prefix {QuotedText.Of(prefix)}");
            scope.IsLoadable &= QuotedText.CanHold(prefix);
        }

        if (log.Group is { } group)
        {
            text.Append(CultureInfo.InvariantCulture, $" group {group}");
            text.Append(CultureInfo.InvariantCulture, $"{(log.SnapLength is { } snap and not 0 ? $" snaplen {snap}" : "")}");
            text.Append(
                CultureInfo.InvariantCulture, $"{(log.QueueThreshold is { } threshold and not 0 ? $" queue-threshold {threshold}" : "")}");
        }
        else if (log.Level is { } level && level != DefaultLevel)
        {
            text.Append($" level {(level < Levels.Length ? Levels[level] : scope.Foreign(level.ToString(CultureInfo.InvariantCulture)))}");
        }

        return text.Append(Flags(log.Flags)).ToString();
    });

    // NF_LOG_* (linux/netfilter/nf_log.h).
    private static string Flags(uint flags)
    {
        if ((flags & 0x2f) == 0x2f)
        {
            return " flags all";
        }

        var tcp = (flags & 3) switch { 1 => " flags tcp sequence", 2 => " flags tcp options", 3 => " flags tcp sequence,options", _ => "" };
        return $"{tcp}{((flags & 4) != 0 ? " flags ip options" : "")}{((flags & 8) != 0 ? " flags skuid" : "")}"
            + $"{((flags & 0x20) != 0 ? " flags ether" : "")}";
    }
}
