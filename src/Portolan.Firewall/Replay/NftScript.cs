using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portolan.Firewall.Replay;

/// <summary>A script of nft with all that it includes, as one text: nft reads that from its standard input and opens no file.</summary>
/// <remarks>
/// nft follows <c>include</c> to any file that its caller may read, and shows the first line that is not a rule; run by root, it would show
/// lines of root's files to the user that wrote the script. So includes are followed here, and only into folders that are allowed
/// (<see cref="NftIncludes"/>). The lexical rules are those of nft(8): <c>#</c> begins a comment, and a text between double quotes has no
/// escapes.
/// </remarks>
public sealed class NftScript
{
    /// <summary>As in nft.</summary>
    private const int MaxDepth = 16;
    private const int MaxFiles = 1024;

    private readonly NftIncludes _includes;
    private readonly string _name;
    private readonly ArrayBufferWriter<byte> _text;
    private readonly List<(int Line, string File, int FileLine)> _origins = [];
    private int _line = 1;
    private int _files;

    private NftScript(NftIncludes includes, string name, int length) =>
        (_includes, _name, _text) = (includes, name, new ArrayBufferWriter<byte>(length + 1));

    /// <summary>The whole text.</summary>
    public ReadOnlyMemory<byte> Text => _text.WrittenMemory;

    /// <summary>Reads a script and what it includes.</summary>
    /// <param name="file">The script.</param>
    /// <param name="folder">Where the person is.</param>
    /// <param name="includeFolders">Folders besides the script's own that <c>include</c> may read.</param>
    /// <exception cref="PortolanException">It includes a file that is not allowed or cannot be read, or is too long with all of
    /// them.</exception>
    public static NftScript Read(RulesFile file, string folder, IReadOnlyList<string> includeFolders)
    {
        ArgumentNullException.ThrowIfNull(file);
        var script = new NftScript(NftIncludes.For(file, folder, includeFolders), file.Name, file.Content.Length);
        script.Append(file.Name, file.Content.Span, depth: 0);
        return script;
    }

    /// <summary>Names the files and lines that nft means when it speaks of lines of its standard input.</summary>
    public string NamePlaces(string said)
    {
        ArgumentNullException.ThrowIfNull(said);
        const string Input = "/dev/stdin:";
        var named = new StringBuilder();
        var rest = said.AsSpan();
        while (rest.IndexOf(Input) is var at and >= 0)
        {
            named.Append(rest[..at]);
            rest = rest[(at + Input.Length)..];
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (int.TryParse(digits < 0 ? rest : rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var line))
            {
                var origin = _origins.FindLast(o => o.Line <= line);
                named.Append(CultureInfo.InvariantCulture, $"{TerminalText.Escape(origin.File)}:{origin.FileLine + line - origin.Line}");
                rest = digits < 0 ? [] : rest[digits..];
            }
        }

        return named.Append(rest).ToString();
    }

    private void Append(string name, ReadOnlySpan<byte> content, int depth)
    {
        var fileLine = 1;
        Begin(name, fileLine);
        var kept = 0;
        var isStart = true;
        for (var at = 0; at < content.Length;)
        {
            var next = content[at];
            switch (next)
            {
                case (byte)'#':
                    at = EndOf(content, at, (byte)'\n');
                    break;
                case (byte)'"':
                    var close = EndOf(content, at + 1, (byte)'"');
                    if (close == content.Length)
                    {
                        throw Wrong(name, fileLine, "unterminated quote");
                    }

                    fileLine += content[at..close].Count((byte)'\n');
                    at = close + 1;
                    isStart = false;
                    break;
                case (byte)'i' when TryInclude(content, at, out var file, out var end):
                    if (!isStart || IsPartOfWord(content, at))
                    {
                        throw Wrong(name, fileLine, "include must start a statement");
                    }

                    Keep(content[kept..at]);
                    Include(file, name, fileLine, depth);
                    fileLine += content[at..end].Count((byte)'\n');
                    Begin(name, fileLine);
                    (at, kept) = (end, end);
                    break;
                default:
                    fileLine += next == '\n' ? 1 : 0;
                    isStart = next is (byte)'\n' or (byte)';' or (byte)'{' or (byte)'}'
                        || (isStart && next is (byte)' ' or (byte)'\t' or (byte)'\r');
                    at++;
                    break;
            }
        }

        // A comment of the last line needs an end, or nft would read it as rules.
        Keep(content[kept..]);
        Keep("\n"u8);
    }

    private void Include(string file, string name, int line, int depth)
    {
        if (depth == MaxDepth)
        {
            throw Wrong(name, line, $"includes are nested more than {MaxDepth} deep");
        }

        Keep("\n"u8);
        foreach (var path in _includes.Find(file, reason => Wrong(name, line, reason)))
        {
            if (++_files > MaxFiles)
            {
                throw Wrong(name, line, $"more than {MaxFiles:N0} files are included");
            }

            Append(path, _includes.Read(path, file, (reason, hint) => Wrong(name, line, reason, hint)), depth + 1);
        }
    }

    private void Begin(string name, int fileLine) => _origins.Add((_line, name, fileLine));

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_text.WrittenCount + bytes.Length > InputLimit.Rules.Bytes + 1)
        {
            throw InputLimit.Rules.Exceeded(_files == 0 ? _name : $"{_name}, with what it includes,");
        }

        _text.Write(bytes);
        _line += bytes.Count((byte)'\n');
    }

    private static PortolanException Wrong(string name, int line, string reason, Advice? hint = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}, line {line}: {reason}"), hint);

    private static int EndOf(ReadOnlySpan<byte> content, int from, byte what) =>
        content[from..].IndexOf(what) is var length and >= 0 ? from + length : content.Length;

    /// <summary>
    /// The keyword and a quoted text behind it, which is all that nft takes for an include. A line may go on behind a backslash.
    /// </summary>
    private static bool TryInclude(ReadOnlySpan<byte> content, int at, out string file, out int end)
    {
        file = "";
        end = at;
        var keyword = "include"u8;
        if (!content[at..].StartsWith(keyword))
        {
            return false;
        }

        for (at += keyword.Length; at < content.Length && content[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\\'
            || (at < content.Length && content[at] == '\n' && content[at - 1] == '\\');)
        {
            at++;
        }

        if (at >= content.Length || content[at] != '"' || EndOf(content, at + 1, (byte)'"') is var close && close == content.Length)
        {
            return false;
        }

        file = Encoding.UTF8.GetString(content[(at + 1)..close]);
        end = close + 1;
        return true;
    }

    private static bool IsPartOfWord(ReadOnlySpan<byte> content, int at) =>
        at > 0 && (char.IsAsciiLetterOrDigit((char)content[at - 1])
            || content[at - 1] is (byte)'_' or (byte)'.' or (byte)'/' or (byte)'-' or (byte)'$' or (byte)'@');
}
