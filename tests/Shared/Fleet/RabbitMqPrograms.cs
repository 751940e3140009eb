using System.Text.RegularExpressions;

namespace Portolan.Tests.Fleet;

/// <summary>
/// A view of RabbitMQ's installed programs that has only the plugins that a broker needs: Erlang looks for each of a thousand modules in
/// each plugin's folder, and with all of them a start takes half as much processor time again.
/// </summary>
internal static partial class RabbitMqPrograms
{
    private const string Installed = "/usr/lib/rabbitmq";

    /// <summary>The wrapper that becomes the broker.</summary>
    public const string Server = $"{Installed}/bin/rabbitmq-server";

    /// <summary>Makes the view in a new folder.</summary>
    /// <returns>Variables of the environment that have <see cref="Server"/> use it.</returns>
    public static IReadOnlyDictionary<string, string> LinkTo(string folder, IEnumerable<string> plugins)
    {
        var scripts = Directory.CreateDirectory(Path.Combine(folder, "sbin")).FullName;
        foreach (var name in new[] { "rabbitmq-defaults", "rabbitmq-env" })
        {
            File.CreateSymbolicLink(Path.Combine(scripts, name), $"{Installed}/bin/{name}");
        }

        var libraries = Directory.CreateDirectory(Path.Combine(folder, "plugins")).FullName;
        foreach (var library in Needed(plugins))
        {
            Directory.CreateSymbolicLink(Path.Combine(libraries, Path.GetFileName(library)), library);
        }

        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["RABBITMQ_SCRIPTS_DIR"] = scripts,
            ["RABBITMQ_PLUGINS_DIR"] = libraries,
        };
    }

    /// <summary>All libraries, and of the plugins those asked for with what their descriptions name.</summary>
    private static List<string> Needed(IEnumerable<string> plugins)
    {
        var home = Directory.GetDirectories($"{Installed}/lib").Single();
        var all = Directory.GetDirectories(Path.Combine(home, "plugins")).ToDictionary(
            static folder => Path.GetFileName(folder).Split('-')[0], StringComparer.Ordinal);
        var needed = all.Keys.Where(static name => !Plugin().IsMatch(name)).ToHashSet(StringComparer.Ordinal);
        var open = new Stack<string>(plugins.Append("rabbitmq_prelaunch").Where(all.ContainsKey));
        while (open.TryPop(out var name))
        {
            if (needed.Add(name))
            {
                foreach (Match other in Plugin().Matches(File.ReadAllText(Path.Combine(all[name], "ebin", $"{name}.app"))))
                {
                    if (all.ContainsKey(other.Value))
                    {
                        open.Push(other.Value);
                    }
                }
            }
        }

        return [.. needed.Select(name => all[name])];
    }

    [GeneratedRegex(@"\brabbitmq_\w+")]
    private static partial Regex Plugin();
}
