namespace Portolan.Lab.Services;

/// <summary>Who may log in: <c>NAME:PASSWORD</c>, with spaces between several.</summary>
internal sealed class UserList
{
    /// <summary>Who may where a topology says nothing.</summary>
    internal const string Usual = "user:secret";

    private readonly Dictionary<string, string> _passwords = new(StringComparer.Ordinal);

    private UserList()
    {
    }

    internal static ServiceSetting Setting { get; } =
        new("users", $"who may log in, as NAME:PASSWORD with spaces between several; {Usual} by default") { Check = Check };

    internal IReadOnlyCollection<string> Names => _passwords.Keys;

    /// <summary>The users of a call's service.</summary>
    internal static UserList Of(ServiceCall call) => TryParse(call.Setting("users", Usual), out var users) ? users : new UserList();

    /// <summary>Whether a password is a user's. Both are characters for bytes.</summary>
    internal bool Allows(string name, string password) => _passwords.TryGetValue(name, out var right) && right == password;

    private static string? Check(string value) =>
        TryParse(value, out _) ? null : $"is NAME:PASSWORD with spaces between several, not \"{value}\"";

    private static bool TryParse(string text, out UserList users)
    {
        users = new UserList();
        foreach (var entry in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || entry.Any(char.IsControl)
                || !users._passwords.TryAdd(LineTalk.Text(entry[..colon]), LineTalk.Text(entry[(colon + 1)..])))
            {
                return false;
            }
        }

        return users._passwords.Count > 0;
    }
}
