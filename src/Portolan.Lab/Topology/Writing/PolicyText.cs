using System.Globalization;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Policies of ports as YAML has them, on one line.</summary>
internal static class PolicyText
{
    /// <summary>A policy: <c>filtered</c>, <c>{ service: http, text: hello }</c>.</summary>
    public static string Format(PortPolicy policy) => policy switch
    {
        OpenPort open => Format(open.Service),
        ClosedPort => "closed",
        FilteredPort => "filtered",
        RejectedPort rejected => Words.Of(new FirewallAction(FirewallActionKind.Reject, rejected.Kind)),
        RateLimitedPort limited =>
            string.Create(CultureInfo.InvariantCulture, $"{{ rate-limit: {limited.PerSecond}, with: {limited.Refusal.Name()} }}"),
        FlappingPort flapping =>
            $"{{ flapping: {Format(flapping.Service)}, period: {UnitText.Format(flapping.Period)}, open: "
                + $"{UnitText.FormatShare(flapping.OpenShare)} }}",
        TarpitPort tarpit => $"{{ tarpit: {UnitText.Format(tarpit.Interval)} }}",
        SynProxyPort { Behind: { } behind } => $"{{ syn-proxy: {Format(behind)} }}",
        SynProxyPort => "syn-proxy",
        KnockPort knock =>
            $"{{ knock: [{string.Join(", ", knock.Knocks)}], service: {Format(knock.Service)}, open-for: {UnitText.Format(knock.OpenFor)} "
                + $"}}",
        ProxyPort proxy => $"{{ proxy: {YamlText.Quote(proxy.Path)} }}",
        ExecPort exec => $"{{ exec: [{string.Join(", ", exec.Command.Select(YamlText.Quote))}] }}",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, message: null),
    };

    /// <summary>A service: its name, or a mapping with its settings.</summary>
    public static string Format(ServiceSpec service)
    {
        var name = service.Name == ServiceSpec.Mute.Name ? "open" : YamlText.Quote(service.Name);
        return service.Settings.Count == 0
            ? name
            : $"{{ service: {name}, {string.Join(", ", service.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{YamlText.Quote(s.Key)}: {YamlText.Quote(s.Value)}"))} }}";
    }
}
