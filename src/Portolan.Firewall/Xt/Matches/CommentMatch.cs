namespace Portolan.Firewall.Xt.Matches;

/// <summary>A comment, which every packet matches (linux/netfilter/xt_comment.h).</summary>
/// <param name="Text">Hostile text.</param>
public sealed record CommentMatch(string Text) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("comment", 0, 0, Decode)];

    private static CommentMatch? Decode(XtPayload payload)
    {
        const int Size = 256;
        return payload.Has(Size) ? new CommentMatch(payload.Text(0, Size)) : null;
    }
}
