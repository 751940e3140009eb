using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Finds out what wrote a result, from its first bytes, and reads it.</summary>
public static class ResultReader
{
    private const int HeadLength = 4096;
    private static readonly Advice Hint =
        $"give a file from nmap -oX or -oG, masscan, zmap, or portolan scan --json, -oX or -oG";

    /// <summary>Reads a result.</summary>
    /// <returns>Whose it is, for people.</returns>
    /// <exception cref="PortolanException">It is none that is known, or cannot be read.</exception>
    public static string Read(Stream input, ResultOptions options, IResultSink sink)
    {
        try
        {
            var head = new byte[HeadLength];
            var length = input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            using var whole = new PrefixedStream(head.AsMemory(0, length), input);
            return Read(Encoding.UTF8.GetString(head, 0, length).TrimStart('\uFEFF', ' ', '\t', '\r', '\n'), whole, options, sink);
        }
        catch (IOException exception)
        {
            throw new PortolanException($"cannot read {options.File}: {exception.Message}", inner: exception);
        }
    }

    private static string Read(string head, Stream input, ResultOptions options, IResultSink sink)
    {
        using var lines = new ResultLines(input, options.File, sink);
        if (head.StartsWith('<'))
        {
            XmlResult.Read(input, options, sink);
            return "nmap XML";
        }

        if (head.StartsWith('{') && FirstLine(head).Contains("\"event\"", StringComparison.Ordinal))
        {
            new OwnResult(lines, sink, options.ReadsAllRuns).Read();
            return "portolan.scan/1";
        }

        if (head.StartsWith('[') || head.StartsWith('{'))
        {
            new JsonResult(lines, sink, isLines: head.StartsWith('{')).Read();
            return "masscan JSON";
        }

        if (head.StartsWith("Host: ", StringComparison.Ordinal) || head.StartsWith("Timestamp: ", StringComparison.Ordinal)
            || (head.StartsWith("# ", StringComparison.Ordinal) && FirstRaw(head).Contains(" scan initiated ", StringComparison.Ordinal)))
        {
            if (!head.Contains("Host: ", StringComparison.Ordinal) && head.Contains("scan report for ", StringComparison.Ordinal))
            {
                throw new PortolanException($"{options.File} is nmap's normal output (-oN), which is not "
                    + $"machine-readable", Hint, ExitCode.Usage);
            }

            new GrepableResult(lines, sink).Read();
            return "grepable";
        }

        var first = FirstLine(head).Split(' ', ',')[0].Trim('"');
        if (head.StartsWith("#masscan", StringComparison.Ordinal) || PortStateNames.TryParse(first, out _) || first == "banner")
        {
            ListResult.Read(lines, sink);
            return "masscan list";
        }

        if (FirstLine(head).Split(',').Any(static field => field.Trim('"', ' ') is "saddr") || InternetAddress.TryParse(first, out _))
        {
            CsvResult.Read(lines, options, sink);
            return "zmap CSV";
        }

        if (head.Length == 0 && HasScope(options))
        {
            // masscan and zmap write an empty file when nothing answered.
            MasscanHead.Tell(new HostCollector(), isComplete: true, sink);
            return "empty";
        }

        throw head.Length == 0
            ? new PortolanException(
                $"{options.File} is empty", $"if nothing answered, give the scanned targets with --targets and --ports", ExitCode.Usage)
            : new PortolanException($"{options.File}, line 1: not a scan result in a known format", Hint, ExitCode.Usage);
    }

    private static bool HasScope(ResultOptions options) => options.HasTargets && (options.TcpPorts ?? options.UdpPorts) is not null;

    private static string FirstRaw(string text) => text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? text[..end] : text;

    private static string FirstLine(string text)
    {
        var line = text.AsSpan();
        while (line.IndexOfAny('\r', '\n') is >= 0 and var end)
        {
            // masscan's and zmap's comments stand before their lines.
            if (line[0] != '#' || line.StartsWith("#masscan"))
            {
                return line[..end].ToString();
            }

            line = line[end..].TrimStart();
            if (line.IsEmpty)
            {
                break;
            }
        }

        return line.ToString();
    }
}
