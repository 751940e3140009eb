using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging;

/// <summary>A limit up to which a verdict holds. Packets beyond it meet another one.</summary>
/// <param name="Rule">The rule that sets it.</param>
/// <param name="Amount">How much, in words that follow "up to": <c>3 a minute</c>, <c>500 connections at once</c>.</param>
/// <param name="Sharing">Who counts against it together.</param>
public sealed record FlowLimit(RuleReference Rule, string Amount, LimitSharing Sharing)
{
    /// <summary>
    /// Whom it counts together, where <see cref="Sharing"/> is <see cref="LimitSharing.Network"/> or <see cref="LimitSharing.Other"/>:
    /// <c>each /24 of senders</c>.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>The same in a table's cell, where it goes without saying that all senders share it.</summary>
    public string Brief => Sharing == LimitSharing.AllSenders ? $"up to {Amount}" : Text;

    /// <summary>The limit as it reads: <c>up to 3 a minute, shared by all senders</c>.</summary>
    public string Text => $"up to {Amount}, {Sharing switch
    {
        LimitSharing.AllSenders => "shared by all senders",
        LimitSharing.EachSender => "each sender",
        _ => Group,
    }}";
}

/// <summary>Who shares a limit.</summary>
public enum LimitSharing
{
    /// <summary>One count for all senders.</summary>
    AllSenders,

    /// <summary>A count for each source address.</summary>
    EachSender,

    /// <summary>A count for each network of senders.</summary>
    Network,

    /// <summary>A count for each of something else.</summary>
    Other,
}
