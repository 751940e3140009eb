using Portolan.Model;
using Portolan.Model.Xml;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>
/// Fingerprints of a person's own folder (<c>--fingerprints DIR</c>), in Recog's XML. They add what the readers of this program left
/// open; what those read
/// in the bytes stays.
/// </summary>
public sealed class FingerprintSet
{
    private const int MaxNames = 10_000;
    private const int MaxFiles = 256;
    private const int MaxFingerprints = 100_000;

    private readonly Dictionary<string, List<Fingerprint>> _byKind = new(StringComparer.Ordinal);

    private FingerprintSet()
    {
    }

    /// <summary>How many are matched against what services say.</summary>
    public int Count { get; private set; }

    /// <summary>How many are of texts that services are not asked for here.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Reads all XML files of a folder, in the order of their names.</summary>
    /// <exception cref="PortolanException">The folder cannot be read, or a file is not one of fingerprints.</exception>
    public static FingerprintSet Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var names = NamedFile.NamesIn(folder, MaxNames)
            .Where(static name => name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        if (names.Count is 0 or > MaxFiles)
        {
            throw new PortolanException(
                names.Count == 0
                    ? $"--fingerprints {folder}: {NamedFile.WhyNoneIn(folder)}"
                    : $"--fingerprints {folder}: more than {MaxFiles} XML files",
                $"give a folder that contains only fingerprints, e.g. the folder xml of https://github.com/rapid7/recog",
                ExitCode.Usage);
        }

        var set = new FingerprintSet();
        foreach (var name in names)
        {
            set.Add(Path.Combine(folder, name));
        }

        return set;
    }

    /// <summary>Adds to a service what the first fingerprint tells that matches each of its texts.</summary>
    /// <param name="service">What is known.</param>
    /// <param name="reply">What it said.</param>
    public IdentifiedService Refine(IdentifiedService service, ReadOnlySpan<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(service);
        foreach (var (kind, text) in FingerprintTexts.Of(service.Protocol, reply))
        {
            foreach (var fingerprint in _byKind.GetValueOrDefault(kind) ?? [])
            {
                if (fingerprint.Match(text) is { } told)
                {
                    service = FingerprintFacts.Add(service, told);
                    break;
                }
            }
        }

        return service;
    }

    private void Add(string path)
    {
        try
        {
            using var file = new BoundedStream(NamedFile.OpenRead(path), InputLimit.Fingerprints, path);
            var name = Path.GetFileNameWithoutExtension(path);
            var (kind, fingerprints, count) = FingerprintFile.Read(file, name, FingerprintTexts.Kinds.Contains);
            Count += fingerprints.Count;
            LeftOut += count - fingerprints.Count;
            if (Count > MaxFingerprints)
            {
                throw new PortolanException(
                    $"--fingerprints: more than {MaxFingerprints:N0} fingerprints",
                    $"remove files of irrelevant services from the folder",
                    ExitCode.Usage);
            }

            if (fingerprints.Count > 0)
            {
                if (!_byKind.TryGetValue(kind, out var known))
                {
                    _byKind.Add(kind, known = []);
                }

                known.AddRange(fingerprints);
            }
        }
        catch (XmlFormatException exception)
        {
            throw new PortolanException(
                $"--fingerprints {path}: line {exception.Position.Line}: {exception.Reason}",
                $"download the file again, or remove it from the folder",
                ExitCode.Usage,
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"--fingerprints {path}: {NamedFile.WhyNot(exception, path)}",
                $"make the file readable, or remove it from the folder",
                ExitCode.Usage,
                exception);
        }
    }
}
