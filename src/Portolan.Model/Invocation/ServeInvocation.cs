namespace Portolan.Model.Invocation;

/// <summary>What <c>portolan serve</c> asks of <c>portolan-server</c>: <c>serve ACTION [OPTION]…</c>, each option once.</summary>
/// <param name="Action">What to do.</param>
public sealed record ServeInvocation(ServeAction Action) : ServerInvocation
{
    internal const string Group = "serve";

    // Between the names of --host: no name has it.
    private const char Separator = ',';

    /// <inheritdoc/>
    public override string Topic => Group;

    /// <summary>Where it listens, as it was typed; <c>null</c> for the usual address.</summary>
    public string? Listen { get; init; }

    /// <summary>Whether the browser is opened.</summary>
    public bool Opens { get; init; }

    /// <summary>What is allowed, as it was typed; <c>null</c> for the usual scopes.</summary>
    public string? Allow { get; init; }

    /// <summary>The file of the certificate, or <c>null</c>.</summary>
    public string? Certificate { get; init; }

    /// <summary>The file of its key, or <c>null</c>.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the server makes its certificate itself.</summary>
    public bool IsSelfSigned { get; init; }

    /// <summary>The file with the password, or <c>null</c>.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>More names of the server, as a reverse proxy passes them on.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The settings of the fleet that it shows; <c>null</c> for the usual file, if there is one.</summary>
    public string? FleetConfig { get; init; }

    /// <summary>The name of a token.</summary>
    public string? Token { get; init; }

    /// <summary>Whether a machine format is wanted.</summary>
    public bool Json { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        (string Name, string? Value)[] values =
        [
            ("listen", Listen), ("allow", Allow), ("cert", Certificate), ("key", Key), ("password-file", PasswordFile),
            ("host", Hosts.Count == 0 ? null : string.Join(Separator, Hosts)), ("token", Token),
            ("fleet-config", FleetConfig),
        ];
        (string Name, bool IsSet)[] flags =
            [("open", Opens), ("tls-self-signed", IsSelfSigned), ("json", Json), ("debug", Debug)];
        return
        [
            Group, WordOf(Action), .. values.Where(static v => v.Value is not null).Select(static v => $"--{v.Name}={v.Value}"),
            .. flags.Where(static f => f.IsSet).Select(static f => $"--{f.Name}"),
        ];
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new ServeInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count < 2 || words[0] != Group || ActionOf(words[1]) is not { } action)
        {
            throw Wrong(Group, "only portolan serve runs it");
        }

        var invocation = new ServeInvocation(action);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words.Skip(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            invocation = seen.Add(name)
                ? invocation.With(name, equals < 0 ? null : word[(equals + 1)..])
                : throw Wrong(Group, $"{name} is given twice");
        }

        return invocation;
    }

    private static ServeAction? ActionOf(string word)
    {
        foreach (var value in Enum.GetValues<ServeAction>())
        {
            if (WordOf(value) == word)
            {
                return value;
            }
        }

        return null;
    }

    private static string WordOf(ServeAction action) => action switch
    {
        ServeAction.Run => "run",
        ServeAction.Link => "link",
        ServeAction.Reset => "reset",
        ServeAction.MakeToken => "make-token",
        ServeAction.RemoveToken => "remove-token",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private ServeInvocation With(string name, string? value) => (name, value) switch
    {
        ("--listen", { Length: > 0 } text) => this with { Listen = text },
        ("--allow", { Length: > 0 } text) => this with { Allow = text },
        ("--cert", { Length: > 0 } file) => this with { Certificate = file },
        ("--key", { Length: > 0 } file) => this with { Key = file },
        ("--password-file", { Length: > 0 } file) => this with { PasswordFile = file },
        ("--host", { Length: > 0 } names) => this with { Hosts = names.Split(Separator) },
        ("--fleet-config", { Length: > 0 } file) => this with { FleetConfig = file },
        ("--token", { Length: > 0 } token) => this with { Token = token },
        ("--open", null) => this with { Opens = true },
        ("--tls-self-signed", null) => this with { IsSelfSigned = true },
        ("--json", null) => this with { Json = true },
        ("--debug", null) => this with { Debug = true },
        _ => throw Wrong(Group, $"{name}{(value is null ? "" : "=" + value)} is not an option of it"),
    };
}

/// <summary>What can be done with the page.</summary>
public enum ServeAction
{
    /// <summary>Serve it.</summary>
    Run,

    /// <summary>Print another launch link of a server that runs.</summary>
    Link,

    /// <summary>End all sessions.</summary>
    Reset,

    /// <summary>Make a token of the API.</summary>
    MakeToken,

    /// <summary>Revoke a token of the API.</summary>
    RemoveToken,
}
