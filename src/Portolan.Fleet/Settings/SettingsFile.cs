using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Portolan.Fleet.Settings;

/// <summary>A file of settings: one YAML mapping of names to values or lists of values. Every key must be known.</summary>
public sealed class SettingsFile
{
    private readonly string _path;
    private readonly Dictionary<string, (long Line, IReadOnlyList<string> Values, bool IsList)> _values = new(StringComparer.Ordinal);

    private SettingsFile(string path) => _path = path;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, as a person wrote it.</param>
    /// <param name="known">The keys that it may have.</param>
    /// <param name="hint">What to do where there is none.</param>
    /// <exception cref="PortolanException">It cannot be read, is something else, or has a key that is not known.</exception>
    public static SettingsFile Read(string path, IReadOnlyList<string> known, Advice hint)
    {
        var file = new SettingsFile(path);
        YamlNode? root;
        try
        {
            using var stream = BoundedStream.Open(path, InputLimit.FleetSettings);
            using var reader = new StreamReader(stream);
            var yaml = new YamlStream();
            yaml.Load(reader);
            root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException($"{path}: {NamedFile.WhyNot(exception, path)}", hint, ExitCode.Usage);
        }
        catch (YamlException exception)
        {
            throw file.Wrong(exception.Start.Line, "this is not YAML", $"write one name: value per line");
        }

        if (root is not YamlMappingNode mapping)
        {
            throw file.Wrong(1, "the file is not a list of name: value", hint);
        }

        foreach (var (key, value) in mapping.Children)
        {
            file.Add(key, value, known);
        }

        return file;
    }

    /// <summary>The value of a key; <c>null</c> where it is not set.</summary>
    public string? Find(string key) => !_values.TryGetValue(key, out var value) ? null
        : value.IsList || value.Values.Count != 1 ? throw Wrong(key, "takes one value", $"write {key}: VALUE")
        : value.Values[0];

    /// <summary>The value of a key that must be set.</summary>
    public string Get(string key, Advice example) =>
        Find(key) is { Length: > 0 } value ? value : throw new PortolanException($"{_path}: {key} is missing", example, ExitCode.Usage);

    /// <summary>The values of a key; one value is a list of one.</summary>
    public IReadOnlyList<string> List(string key) => _values.TryGetValue(key, out var value) ? value.Values : [];

    /// <summary>A yes or no.</summary>
    public bool Flag(string key) => Find(key) switch
    {
        null or "false" or "no" or "off" => false,
        "true" or "yes" or "on" => true,
        _ => throw Wrong(key, "is yes or no", $"write {key}: yes"),
    };

    /// <summary>A number above 0; <c>null</c> where it is not set.</summary>
    public double? Number(string key) => Find(key) is not { } text ? null
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
            && double.IsFinite(number) ? number
        : throw Wrong(key, "is a number above 0", $"write {key}: 1000");

    /// <summary>A secret from the file that a key names: its first line. The file must be its owner's alone.</summary>
    /// <exception cref="PortolanException">The file is missing, or others may read it.</exception>
    public string Secret(string key, Advice example) => SecretFile.Read(Path.GetFullPath(Get(key, example), Folder));

    /// <summary>The path that a key names, from the folder of the settings; <c>null</c> where it is not set.</summary>
    public string? FileOf(string key) => Find(key) is { Length: > 0 } name ? Path.GetFullPath(name, Folder) : null;

    /// <summary>The error for a wrong value.</summary>
    public PortolanException Wrong(string key, string what, Advice remedy) =>
        Wrong(_values.TryGetValue(key, out var value) ? value.Line : 1, $"{key} {what}", remedy);

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/";

    private PortolanException Wrong(long line, string what, Advice remedy) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_path}, line {line}: {what}"), remedy, ExitCode.Usage);

    private void Add(YamlNode key, YamlNode value, IReadOnlyList<string> known)
    {
        var name = (key as YamlScalarNode)?.Value ?? "";
        var line = key.Start.Line;
        if (!known.Contains(name))
        {
            var nearest = NearestWord.Find(name, known);
            throw Wrong(
                line, $"'{TerminalText.Escape(name)}' is not a setting",
                nearest is null ? Advice.Of($"the settings are {Advice.List(known)}") : $"did you mean {nearest}?");
        }

        var values = value switch
        {
            YamlScalarNode { Value: { } text } => [text],
            YamlSequenceNode list when list.Children.All(static c => c is YamlScalarNode) =>
                [.. list.Children.Select(static c => ((YamlScalarNode)c).Value ?? "")],
            _ => (IReadOnlyList<string>?)null,
        };
        if (values is null || !_values.TryAdd(name, (line, values, value is YamlSequenceNode)))
        {
            throw Wrong(line, $"{name} takes a value, or a list of values", $"write {name}: VALUE");
        }
    }
}
