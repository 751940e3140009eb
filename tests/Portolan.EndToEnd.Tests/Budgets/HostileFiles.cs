using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>Files that are longer than anything, or stand for much more than they hold.</summary>
internal sealed class HostileFiles : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    /// <summary>What every option is given, whatever it reads.</summary>
    public static IReadOnlyList<string> Endless { get; } = ["/dev/zero", "sparse", "line"];

    public void Dispose() => _folder.Dispose();

    /// <summary>The path of a file of that name; made when it is first asked for.</summary>
    public string this[string name]
    {
        get
        {
            if (name.StartsWith('/'))
            {
                return name;
            }

            var path = _folder[name];
            if (name.EndsWith(".fingerprints", StringComparison.Ordinal) && !Directory.Exists(path))
            {
                Directory.CreateDirectory(path);
                if (name == "endless.fingerprints")
                {
                    File.CreateSymbolicLink(Path.Combine(path, "x.xml"), "/dev/zero");
                    return path;
                }

                using var inside = File.Create(Path.Combine(path, "x.xml"));
                Write(name, inside);
            }

            if (Directory.Exists(path))
            {
                return path;
            }

            if (!File.Exists(path))
            {
                using var file = File.Create(path);
                Write(name, file);
            }

            return path;
        }
    }

    private static void Write(string name, FileStream file)
    {
        switch (name)
        {
            case "sparse":
                file.SetLength(1L << 30);
                break;
            case "line":
                var part = Encoding.ASCII.GetBytes(new string('a', MiB));
                for (var i = 0; i < 100; i++)
                {
                    file.Write(part);
                }

                break;

            case "targets.check":
                Lines(file, 270_000, i => $"127.0.0.1:{(i % 60_000) + 1}");
                break;
            case "ranges.forward":
                Lines(file, 10, i => $"127.0.0.{i + 1}:1-65000 192.0.2.1:1-65000");
                break;
            case "twice.forward":
                Lines(file, 200, _ => "1-65000 192.0.2.1:1-65000");
                break;
            case "many.forward":
                Lines(file, 300_000, i => $"{(i % 65535) + 1} 9:1");
                break;

            case "addresses.targets":
                Lines(file, 1_100_000, i => $"{(i / 62_500 % 250) + 1}.{i / 250 % 250}.{i % 250}.7");
                break;
            case "prefixes.targets":
                Lines(file, 100_000, i => $"10.0.0.{i % 250}-11.255.{i / 250 % 256}.{i % 250}");
                break;
            case "ports.targets":
                Lines(file, 20_000, i => $"10.0.{i / 250}.{(i % 250) + 1}:1-{60_000 - i}");
                break;
            case "octets.targets":
                Lines(file, 250, i => i % 2 == 0 ? $"*.*.*.{i}" : $"*.*.{i}.*");
                break;

            case "define.rules":
                Text(file, "define a0 = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }\n");
                Lines(file, 12, i => $"define a{i + 1} = {{ {string.Join(", ", Enumerable.Repeat($"$a{i}", 9))} }}");
                Text(file, "table ip t {\n set s {\n type inet_service\n elements = { $a12 }\n }\n}\n");
                break;
            case "include.rules":
                Lines(file, 10, _ => $"include \"{file.Name}\"");
                break;
            case "set.rules":
                Text(file, $"define a = {{ {string.Join(", ", Enumerable.Range(1, 4000))} }}\n");
                Text(
                    file,
                    "table ip t {\n set s {\n type inet_service . inet_service . inet_service\n elements = { $a . $a . $a }\n }\n}\n");
                break;

            case "rows.registry":
                Text(
                    file,
                    "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification "
                        + "Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes\n");
                Lines(file, 400_000, i => $"a{i},1-65535,tcp,,,,,,,,,");
                break;

            case "lists.journal":
                Journal(file, [.. Head, .. Number(4_000_000), .. new byte[4_000_001]]);
                break;
            case "pieces.journal":
                Journal(file, [.. Head, 1, 0, 1, 1, 0, 0, .. Number(7_999_990), .. new byte[8_000_000]]);
                break;
            case "words.journal":
                Journal(file, [.. Number(3_999_999), .. new byte[4_000_000]]);
                break;
            case "block.journal":
                Journal(file, []);
                file.Position -= 8;
                file.Write([0, 0, 0, 0x3f]);
                file.SetLength(1L << 30);
                break;

            case "depth.fingerprints":
                Text(file, "<fingerprints>" + string.Concat(Enumerable.Repeat("<a>", MiB)));
                break;
            case "entities.fingerprints":
                Text(
                    file,
                    "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;\">]><fingerprints>&c;</fingerprints>");
                break;
            case "attribute.fingerprints":
                Text(file, "<fingerprints matches=\"" + new string('a', 16 * MiB) + "\"/>");
                break;

            case "depth.xml":
                Text(file, "<nmaprun>" + string.Concat(Enumerable.Repeat("<a>", MiB)));
                break;
            case "entities.xml":
                Text(
                    file,
                    "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><nmaprun>&c;</nmaprun>");
                break;
            case "attribute.xml":
                Text(file, "<nmaprun args=\"" + new string('a', 16 * MiB) + "\"/>");
                break;
            case "ports.xml":
                Text(file, "<nmaprun><host><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/><ports>");
                Lines(
                    file, 400_000,
                    i => $"<port protocol=\"tcp\" portid=\"{(i % 65535) + 1}\"><state state=\"open\"/><service name=\"x{i}\"/></port>");
                break;

            case "whole.list":
                Text(file, "#masscan\nopen tcp 22 198.18.0.2 1795231926\n# end\n");
                break;

            case "alias.yaml":
                Text(file, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
                Lines(file, 12, i => $"a{i + 1}: &a{i + 1} [{string.Join(", ", Enumerable.Repeat($"*a{i}", 9))}]");
                break;
            case "depth.yaml":
                Text(file, new string('[', MiB));
                break;
            case "hosts.yaml":
                Text(file, "networks: { office: 10.0.0.0/8 }\nhosts:\n  farm: { address: 10.0.0.1-10.255.255.250, services: [http] }\n");
                break;

            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "no such file");
        }
    }

    /// <summary>No words, no folder, begun in 1970, connect scans, seed 0.</summary>
    private static byte[] Head => [0, 0, 0, 0, 0];

    private static void Text(FileStream file, string text) => file.Write(Encoding.ASCII.GetBytes(text));

    private static void Lines(FileStream file, int count, Func<int, string> line)
    {
        using var writer = new StreamWriter(file, Encoding.ASCII, leaveOpen: true) { NewLine = "\n" };
        for (var i = 0; i < count; i++)
        {
            writer.WriteLine(line(i));
        }
    }

    /// <summary>A journal whose first block is whole, with its right checksum.</summary>
    private static void Journal(FileStream file, byte[] block)
    {
        var head = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, block.Length);
        var crc = uint.MaxValue;
        foreach (var one in block)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), ~crc);
        file.Write([.. "Portolan scan\0\0\x01"u8, .. head, .. block]);
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
