using System.Text.Json;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Writes what becomes of a port, with only the members its policy has.</summary>
internal static class PolicyJson
{
    /// <summary>Writes an object whose member <c>policy</c> says which it is.</summary>
    public static void Write(Utf8JsonWriter json, PortPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("policy"u8, NameOf(policy));
        switch (policy)
        {
            case OpenPort open:
                WriteService(json, open.Service);
                break;
            case RejectedPort rejected:
                json.WriteString("error"u8, rejected.Kind.Name());
                break;
            case RateLimitedPort limited:
                json.WriteString("error"u8, limited.Refusal.Name());
                json.WriteNumber("perSecond"u8, limited.PerSecond);
                break;
            case FlappingPort flapping:
                WriteService(json, flapping.Service);
                json.WriteNumber("periodMilliseconds"u8, Milliseconds(flapping.Period));
                json.WriteNumber("openShare"u8, flapping.OpenShare);
                break;
            case TarpitPort tarpit:
                json.WriteNumber("intervalMilliseconds"u8, Milliseconds(tarpit.Interval));
                break;
            case SynProxyPort synProxy:
                WriteService(json, synProxy.Behind);
                break;
            case KnockPort knock:
                json.WriteStartArray("knocks"u8);
                foreach (var port in knock.Knocks)
                {
                    json.WriteNumberValue(port.Value);
                }

                json.WriteEndArray();
                WriteService(json, knock.Service);
                json.WriteNumber("openForMilliseconds"u8, Milliseconds(knock.OpenFor));
                break;
            case ProxyPort proxy:
                json.WriteString("path"u8, proxy.Path);
                break;
            case ExecPort exec:
                json.WriteStartArray("command"u8);
                foreach (var word in exec.Command)
                {
                    json.WriteStringValue(word);
                }

                json.WriteEndArray();
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>The policy's name: <c>open</c>, <c>syn-proxy</c>.</summary>
    public static string NameOf(PortPolicy policy) => policy switch
    {
        OpenPort => "open",
        ClosedPort => "closed",
        FilteredPort => "filtered",
        RejectedPort => "reject",
        RateLimitedPort => "rate-limit",
        FlappingPort => "flapping",
        TarpitPort => "tarpit",
        SynProxyPort => "syn-proxy",
        KnockPort => "knock",
        ProxyPort => "proxy",
        ExecPort => "exec",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, message: null),
    };

    private static decimal Milliseconds(TimeSpan time) => time.Ticks / (decimal)TimeSpan.TicksPerMillisecond;

    private static void WriteService(Utf8JsonWriter json, ServiceSpec? service)
    {
        if (service is null)
        {
            json.WriteNull("service"u8);
            return;
        }

        json.WriteString("service"u8, service.Name);
        json.WriteStartObject("settings"u8);
        foreach (var (name, value) in service.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }
}
