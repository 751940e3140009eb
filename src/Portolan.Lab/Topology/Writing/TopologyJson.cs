using System.Text.Json;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Writes a topology as <c>portolan.lab-topology/1</c> (docs/schema/portolan.lab-topology-1.json).</summary>
public static class TopologyJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.lab-topology/1";

    /// <summary>Writes the document.</summary>
    public static void Write(Utf8JsonWriter json, LabTopology topology)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(topology);
        json.WriteStartObject();
        json.WriteString("schema"u8, Schema);
        json.WriteString("name"u8, topology.Name);
        json.WriteString("description"u8, topology.Description);
        json.WriteNumber("seed"u8, topology.Seed);
        json.WriteString("scenario"u8, topology.Scenario);
        WriteList(json, "networks"u8, topology.Networks, WriteNetwork);
        WriteList(json, "routers"u8, topology.Routers, WriteRouter);
        WriteList(json, "links"u8, topology.Links, WriteLink);
        WriteList(json, "hosts"u8, topology.Hosts, WriteHost);
        json.WritePropertyName("vantage"u8);
        if (topology.Vantage is { } vantage)
        {
            WritePlace(json, vantage.Network, vantage.Ipv4, vantage.Ipv6);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, NetworkSpec network)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, network.Name);
        json.WriteString("ipv4"u8, network.Ipv4?.ToMachineText());
        json.WriteString("ipv6"u8, network.Ipv6?.ToMachineText());
        WriteQuality(json, network.Quality);
        json.WriteEndObject();
    }

    private static void WriteQuality(Utf8JsonWriter json, LinkQuality quality)
    {
        json.WriteNumber("latencyMilliseconds"u8, quality.Latency.Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        json.WriteNumber("jitterMilliseconds"u8, quality.Jitter.Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        json.WriteNumber("loss"u8, quality.Loss);
        if (quality.Bandwidth == 0)
        {
            json.WriteNull("bitsPerSecond"u8);
        }
        else
        {
            json.WriteNumber("bitsPerSecond"u8, quality.Bandwidth);
        }

        json.WriteNumber("mtu"u8, quality.Mtu);
    }

    private static void WriteRouter(Utf8JsonWriter json, RouterSpec router)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, router.Name);
        WriteList(json, "networks"u8, router.Ports, static (j, p) => WritePlace(j, p.Network, p.Ipv4, p.Ipv6));
        json.WriteString("default"u8, Words.Of(router.DefaultAction));
        WriteList(json, "rules"u8, router.Rules, static (j, r) => j.WriteStringValue(RouterPhrases.Format(r)));
        WriteList(json, "forwards"u8, router.Forwards, static (j, f) =>
        {
            j.WriteStartObject();
            j.WriteString("protocol"u8, f.Protocol.Name());
            j.WriteNumber("port"u8, f.Port.Value);
            j.WriteString("target"u8, f.Target.ToString());
            j.WriteNumber("targetPort"u8, f.TargetPort.Value);
            j.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void WriteLink(Utf8JsonWriter json, LinkSpec link)
    {
        json.WriteStartObject();
        json.WriteString("first"u8, link.First);
        json.WriteString("second"u8, link.Second);
        WriteQuality(json, link.Quality);
        WriteList(json, "shaping"u8, link.Shaping, static (j, s) =>
        {
            j.WriteStartObject();
            j.WriteString("protocol"u8, s.Protocol.Name());
            j.WriteString("ports"u8, s.Ports.ToString());
            j.WriteNumber("priority"u8, s.Priority);
            j.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void WriteHost(Utf8JsonWriter json, HostSpec host)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, host.Name);
        json.WriteString("network"u8, host.Network);
        json.WriteBoolean("range"u8, host.IsRange);
        WriteList(json, "addresses"u8, host.Addresses, static (j, a) =>
        {
            j.WriteStartObject();
            j.WriteString("first"u8, a.First.ToString());
            j.WriteString("last"u8, a.Last.ToString());
            j.WriteEndObject();
        });
        WriteList(json, "names"u8, host.Names, static (j, n) => j.WriteStringValue(n));
        json.WriteString("personality"u8, host.Personality);
        json.WriteString("ephemeralPorts"u8, host.EphemeralPorts?.ToString());
        json.WriteBoolean("ping"u8, host.AnswersPing);
        json.WriteNumber("icmpErrorsPerSecond"u8, host.IcmpErrorsPerSecond);
        json.WritePropertyName("defaultTcp"u8);
        PolicyJson.Write(json, host.DefaultTcp);
        json.WritePropertyName("defaultUdp"u8);
        PolicyJson.Write(json, host.DefaultUdp);
        WriteList(json, "ports"u8, host.Ports, static (j, r) =>
        {
            j.WriteStartObject();
            j.WriteString("protocol"u8, r.Protocol.Name());
            j.WriteString("ports"u8, r.Ports.ToString());
            j.WritePropertyName("policy"u8);
            PolicyJson.Write(j, r.Policy);
            j.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, string network, InternetAddress? ipv4, InternetAddress? ipv6)
    {
        json.WriteStartObject();
        json.WriteString("network"u8, network);
        json.WriteString("ipv4"u8, ipv4?.ToString());
        json.WriteString("ipv6"u8, ipv6?.ToString());
        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }
}
