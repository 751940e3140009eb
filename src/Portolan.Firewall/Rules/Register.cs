namespace Portolan.Firewall.Rules;

/// <summary>A register of the rule machine, as the index of its first 32-bit word: 0 to 15, or the verdict's.</summary>
/// <remarks>
/// NFT_REG_1 to NFT_REG_4 (16 bytes each) are words 0, 4, 8 and 12; NFT_REG32_00 to NFT_REG32_15 are words 0 to 15 (nft_parse_register).
/// </remarks>
/// <param name="Word">The index.</param>
public readonly record struct Register(byte Word)
{
    /// <summary>Words of 4 bytes.</summary>
    public const int WordCount = 16;

    /// <summary>NFT_REG_VERDICT.</summary>
    public static Register Verdict => new(byte.MaxValue);

    /// <summary>Whether this is the verdict register.</summary>
    public bool IsVerdict => Word == byte.MaxValue;

    /// <summary>From the kernel's number; <c>null</c> for one that does not exist.</summary>
    public static Register? FromKernel(uint number) => number switch
    {
        0 => Verdict,
        <= 4 => new Register((byte)((number - 1) * 4)),
        >= 8 and < 8 + WordCount => new Register((byte)(number - 8)),
        _ => null,
    };
}
