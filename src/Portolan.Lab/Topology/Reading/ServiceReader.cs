using Portolan.Lab.Services;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads which service listens: its name, or a mapping with its settings.</summary>
internal static class ServiceReader
{
    private const string NameKey = "service";

    /// <summary>Reads <c>http</c>, <c>open</c> or <c>{ service: http, text: hello }</c>; anything wrong is a fault.</summary>
    public static ServiceSpec? Read(TreeNode node, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        if (node is not TreeMap map)
        {
            return MapReader.One(node, "a service", faults) is { } name && Find(name, protocols, faults) is { } found
                ? Spec(found, [])
                : null;
        }

        var key = map.Entries.FirstOrDefault(e => e.Key.Text == NameKey);
        if (key.Key is null)
        {
            faults.Error(map, "a service is named by the key 'service'", $"write {{ service: NAME, SETTING: VALUE }}");
            return null;
        }

        if (MapReader.One(key.Value, NameKey, faults) is not { } word || Find(word, protocols, faults) is not { } service)
        {
            return null;
        }

        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (settingName, value) in map.Entries)
        {
            if (settingName.Text != NameKey)
            {
                ReadSetting(service, settingName, value, settings, faults);
            }
        }

        return Spec(service, settings);
    }

    private static void ReadSetting(
        ILabService service, TreeScalar name, TreeNode value, Dictionary<string, string> settings, FaultList faults)
    {
        if (service.Settings.FirstOrDefault(s => s.Name == name.Text) is not { } setting)
        {
            faults.Unknown(name, $"the service {service.Name} has no setting", name.Text, [.. service.Settings.Select(s => s.Name)]);
        }
        else if (MapReader.One(value, setting.Name, faults) is { } scalar)
        {
            if (setting.Check?.Invoke(scalar.Text) is { } wrong)
            {
                faults.Error(scalar, FaultList.Shown($"{setting.Name} {wrong}"), Advice.Prose(setting.Summary));
            }

            settings[setting.Name] = scalar.Text;
        }
    }

    private static ILabService? Find(TreeScalar at, IReadOnlyList<TransportProtocol> protocols, FaultList faults)
    {
        var word = at.Text == "open" ? ServiceSpec.Mute.Name : at.Text;
        if (!ServiceCatalogue.TryFind(word, out var service))
        {
            string[] known = [.. ServiceCatalogue.All.Select(s => s.Name), "open", "closed", "filtered", "reject", "tarpit", "syn-proxy"];
            faults.Error(at, $"no service or policy is named {FaultList.Quote(word)}", faults.IsFull ? null : Suggest(word, known));
            return null;
        }

        foreach (var protocol in protocols)
        {
            if (!Speaks(service, protocol))
            {
                faults.Error(
                    at,
                    $"the service {service.Name} does not speak {(protocol == TransportProtocol.Tcp ? "TCP" : "UDP")}",
                    protocol == TransportProtocol.Tcp ? Advice.Of($"write /udp behind its port") : $"leave out /udp behind its port");
                return null;
            }
        }

        return service;
    }

    /// <summary>Whether a service can listen on ports of a protocol.</summary>
    public static bool Speaks(ILabService service, TransportProtocol protocol) =>
        protocol == TransportProtocol.Tcp ? service is IStreamService : service is IDatagramService;

    // IANA's name of a service that the lab has by another.
    private static Advice? Suggest(string word, string[] known) =>
        Registered(word) is { } other ? Advice.Of($"did you mean {other}?") : FaultList.Suggest(word, known);

    private static string? Registered(string word)
    {
        foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            if (Portolan.Model.Registry.ServiceRegistry.BuiltIn.TryFindPort(word, protocol, out var ports)
                && ServiceCatalogue.UsualOn(protocol, ports.First) is { } service)
            {
                return service.Name;
            }
        }

        return null;
    }

    private static ServiceSpec Spec(ILabService service, Dictionary<string, string> settings) =>
        service.Name == ServiceSpec.Mute.Name && settings.Count == 0 ? ServiceSpec.Mute : new ServiceSpec(service.Name, settings);
}
