namespace Portolan.Model.Invocation;

/// <summary>
/// What <c>portolan watch check</c> and <c>watch test</c> ask of <c>portolan-server</c>: <c>watch-file --file=FILE [--receiver=NAME]</c>.
/// </summary>
/// <param name="File">The file of receivers.</param>
public sealed record WatchFileInvocation(string File) : ServerInvocation
{
    internal const string Group = "watch-file";

    private const string FileOption = "--file=";
    private const string ReceiverOption = "--receiver=";

    /// <inheritdoc/>
    public override string Topic => WatchInvocation.Group;

    /// <summary>The receiver that gets a test message; <c>null</c> where only the file is checked.</summary>
    public string? Receiver { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        var words = new List<string> { Group, FileOption + File };
        words.AddRange(Receiver is null ? [] : [ReceiverOption + Receiver]);
        words.AddRange(Debug ? ["--debug"] : []);
        return words;
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new WatchFileInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count < 2 || words[0] != Group || !words[1].StartsWith(FileOption, StringComparison.Ordinal))
        {
            throw Wrong(WatchInvocation.Group, "only portolan watch check and watch test run it");
        }

        var invocation = new WatchFileInvocation(words[1][FileOption.Length..]);
        foreach (var word in words.Skip(2))
        {
            invocation = word switch
            {
                "--debug" => invocation with { Debug = true },
                _ when word.StartsWith(ReceiverOption, StringComparison.Ordinal) =>
                    invocation with { Receiver = word[ReceiverOption.Length..] },
                _ => throw Wrong(WatchInvocation.Group, $"{word} is not an option of it"),
            };
        }

        return invocation;
    }
}
