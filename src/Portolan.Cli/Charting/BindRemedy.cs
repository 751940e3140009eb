using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>The one command that frees a port that is held.</summary>
internal static class BindRemedy
{
    /// <summary>The command; <c>null</c> where nothing is in the way, or nothing that can be stopped.</summary>
    /// <param name="report">What is known of the port.</param>
    /// <param name="protocol">The protocol that was asked about, or <c>null</c> for any.</param>
    public static Advice? Of(PortReport report, TransportProtocol? protocol)
    {
        var inTheWay = report.Holders.Where(static h => h.Owner.Kind is not (OwnerKind.Kernel or OwnerKind.None or OwnerKind.Forwarded))
            .ToList();
        if (inTheWay.Count == 0 || report.Outlooks.All(static o => o.IsFree))
        {
            return null;
        }

        var port = protocol is { } one ? $"{report.Port}/{one.Name()}" : $"{report.Port}";
        return inTheWay.Exists(static h => h.Owner.Kind == OwnerKind.Hidden)
            ? Advice.Of($"sudo portolan stop {port}")
            : $"portolan stop {port}";
    }
}
