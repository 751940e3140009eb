using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.RegistryGenerator;

/// <summary>The built-in table beside a file of IANA: every difference, by class.</summary>
internal static class Comparison
{
    public static void Print(byte[] published, TextWriter output)
    {
        var registry = IanaRegistry.Read(published);
        var other = Index(ServiceRegistry.Build(registry.Rows, registry.Updated ?? default, out _));
        var builtIn = Index(ServiceRegistry.BuiltIn);
        var classes = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var same = 0;
        foreach (var key in builtIn.Keys.Union(other.Keys).OrderBy(key => key.Ports.First).ThenBy(key => key.Ports.Last).ThenBy(
            key => key.Protocol))
        {
            var (ours, theirs) = (builtIn.GetValueOrDefault(key), other.GetValueOrDefault(key));
            if (Class(ours, theirs) is not { } difference)
            {
                same++;
                continue;
            }

            if (!classes.TryGetValue(difference, out var list))
            {
                classes.Add(difference, list = []);
            }

            list.Add($"{key.Ports}/{key.Protocol.Name()}: {Shown(theirs)} -> {Shown(ours)}");
        }

        output.WriteLine($"built-in as of {ServiceRegistry.BuiltIn.AsOf:yyyy-MM-dd}: {builtIn.Count} entries; file as of "
            + $"{registry.Updated:yyyy-MM-dd}: {other.Count}; equal: {same}");
        foreach (var (name, list) in classes)
        {
            output.WriteLine($"\n{name}: {list.Count}");
            list.ForEach(line => output.WriteLine("  " + line));
        }
    }

    private static Dictionary<(PortRange Ports, TransportProtocol Protocol), ServiceEntry> Index(ServiceRegistry registry)
        => registry.Entries().ToDictionary(entry => (entry.Ports, entry.Protocol));

    private static string? Class(ServiceEntry? ours, ServiceEntry? theirs)
    {
        if (ours is null)
        {
            return "only in the file";
        }

        if (theirs is null)
        {
            return ours.Status == ServiceStatus.Assigned ? "only built in: assigned" : "only built in: reserved beside a new assignment";
        }

        if (ours.Status != theirs.Status)
        {
            return $"{theirs.Status.Name()} in the file, {ours.Status.Name()} built in";
        }

        if (!ours.Names.Select(name => name.Name).SequenceEqual(theirs.Names.Select(name => name.Name)))
        {
            return "other names";
        }

        if (!ours.Names.SequenceEqual(theirs.Names) || ours.Description != theirs.Description)
        {
            return ours.Reference == theirs.Reference ? "other description" : "other reference";
        }

        return ours.Reference == theirs.Reference ? null : "other reference";
    }

    private static string Shown(ServiceEntry? entry) => entry is null
        ? "-"
        : $"{entry.Status.Name()} {string.Join('|', entry.Names.Select(name => name.Name))} \"{entry.Description}\" {entry.Reference}";
}
