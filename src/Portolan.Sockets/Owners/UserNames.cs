using System.Globalization;

namespace Portolan.Sockets.Owners;

/// <summary>Names of users, from /etc/passwd alone.</summary>
/// <remarks>
/// Directories (LDAP, SSSD) are not asked: that needs the C library's name service, which loads modules and may wait for a network.
/// Their users show as numbers. The file is read when the first name is asked for.
/// </remarks>
public sealed class UserNames
{
    private readonly Lazy<Dictionary<uint, string>> _names;

    /// <summary>Reads from <paramref name="passwdPath"/>; a file that cannot be read names nobody.</summary>
    public UserNames(string passwdPath = "/etc/passwd") => _names = new Lazy<Dictionary<uint, string>>(() => Parse(ReadLines(passwdPath)));

    /// <summary>Every name, in the file's order. Hostile text.</summary>
    public IEnumerable<string> All => _names.Value.Values;

    /// <summary>The name of a user id, or <c>null</c>. Hostile text, as any.</summary>
    public string? Name(uint id) => _names.Value.GetValueOrDefault(id);

    /// <summary>The id of a user name; false when there is no such user.</summary>
    public bool TryGetId(string name, out uint id)
    {
        foreach (var (candidate, known) in _names.Value)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
            {
                id = candidate;
                return true;
            }
        }

        id = 0;
        return false;
    }

    /// <summary>
    /// Reads lines of <c>name:password:id:…</c> (passwd(5)). The first name of an id counts, as for getpwuid(3); other lines are passed
    /// over.
    /// </summary>
    internal static Dictionary<uint, string> Parse(IEnumerable<string> lines)
    {
        var names = new Dictionary<uint, string>();
        foreach (var line in lines)
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && fields[0].Length > 0 && fields[0][0] is not ('+' or '-' or '#')
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                names.TryAdd(id, fields[0]);
            }
        }

        return names;
    }

    /// <summary>The primary group of a user of this machine; <c>null</c> where /etc/passwd does not name the user.</summary>
    internal static uint? GroupOf(uint user)
    {
        foreach (var line in ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id == user
                && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var group))
            {
                return group;
            }
        }

        return null;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
