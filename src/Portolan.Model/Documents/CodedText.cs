namespace Portolan.Model.Documents;

/// <summary>A sentence with what it is about: a warning of a document.</summary>
/// <param name="Code">What it is about, for programs.</param>
/// <param name="Text">The sentence. Hostile text.</param>
public sealed record CodedText(string Code, string Text);
