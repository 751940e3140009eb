using System.Security.Cryptography;
using System.Text;

namespace Portolan.Web.Access;

/// <summary>The password of the page. It is in memory only as a salted hash (PBKDF2 with SHA-256, RFC 8018).</summary>
internal sealed class Password
{
    /// <summary>The shortest one. Characters.</summary>
    internal const int Shortest = 12;

    /// <summary>The longest one. Characters.</summary>
    internal const int Longest = 1024;

    private const int Rounds = 200_000;

    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(16);
    private readonly byte[] _hash;

    /// <summary>Keeps one.</summary>
    internal Password(string text) => _hash = HashOf(text);

    /// <summary>Whether a text is it. Takes tens of milliseconds.</summary>
    internal bool Is(string text) => CryptographicOperations.FixedTimeEquals(_hash, HashOf(text));

    private byte[] HashOf(string text) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(text), _salt, Rounds, HashAlgorithmName.SHA256, 32);
}
